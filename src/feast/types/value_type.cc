#include "feast/types/value_type.h"

#include <array>

namespace feast {
namespace {

using enum ValueType;
using enum Shape;
using E = ElementKind;

constexpr std::array kTypes = {
    ValueTypeFacts{kInvalid, "INVALID", kScalar, E::kNone, 0},
    ValueTypeFacts{kBytes, "BYTES", kScalar, E::kBytes, 1},
    ValueTypeFacts{kString, "STRING", kScalar, E::kString, 2},
    ValueTypeFacts{kInt32, "INT32", kScalar, E::kInt32, 3},
    ValueTypeFacts{kInt64, "INT64", kScalar, E::kInt64, 4},
    ValueTypeFacts{kDouble, "DOUBLE", kScalar, E::kDouble, 5},
    ValueTypeFacts{kFloat, "FLOAT", kScalar, E::kFloat, 6},
    ValueTypeFacts{kBool, "BOOL", kScalar, E::kBool, 7},
    ValueTypeFacts{kUnixTimestamp, "UNIX_TIMESTAMP", kScalar, E::kTimestamp, 8},
    ValueTypeFacts{kBytesList, "BYTES_LIST", kList, E::kBytes, 11},
    ValueTypeFacts{kStringList, "STRING_LIST", kList, E::kString, 12},
    ValueTypeFacts{kInt32List, "INT32_LIST", kList, E::kInt32, 13},
    ValueTypeFacts{kInt64List, "INT64_LIST", kList, E::kInt64, 14},
    ValueTypeFacts{kDoubleList, "DOUBLE_LIST", kList, E::kDouble, 15},
    ValueTypeFacts{kFloatList, "FLOAT_LIST", kList, E::kFloat, 16},
    ValueTypeFacts{kBoolList, "BOOL_LIST", kList, E::kBool, 17},
    ValueTypeFacts{kUnixTimestampList, "UNIX_TIMESTAMP_LIST", kList, E::kTimestamp, 18},
    ValueTypeFacts{kNull, "NULL", kScalar, E::kNone, 19},
    ValueTypeFacts{kMap, "MAP", kScalar, E::kMap, 20},
    ValueTypeFacts{kMapList, "MAP_LIST", kList, E::kMap, 21},
    ValueTypeFacts{kBytesSet, "BYTES_SET", kSet, E::kBytes, 22},
    ValueTypeFacts{kStringSet, "STRING_SET", kSet, E::kString, 23},
    ValueTypeFacts{kInt32Set, "INT32_SET", kSet, E::kInt32, 24},
    ValueTypeFacts{kInt64Set, "INT64_SET", kSet, E::kInt64, 25},
    ValueTypeFacts{kDoubleSet, "DOUBLE_SET", kSet, E::kDouble, 26},
    ValueTypeFacts{kFloatSet, "FLOAT_SET", kSet, E::kFloat, 27},
    ValueTypeFacts{kBoolSet, "BOOL_SET", kSet, E::kBool, 28},
    ValueTypeFacts{kUnixTimestampSet, "UNIX_TIMESTAMP_SET", kSet, E::kTimestamp, 29},
    ValueTypeFacts{kPdfBytes, "PDF_BYTES", kScalar, E::kBytes, 1},
    ValueTypeFacts{kImageBytes, "IMAGE_BYTES", kScalar, E::kBytes, 1},
    ValueTypeFacts{kJson, "JSON", kScalar, E::kString, 32},
    ValueTypeFacts{kJsonList, "JSON_LIST", kList, E::kString, 33},
    ValueTypeFacts{kStruct, "STRUCT", kScalar, E::kMap, 34},
    ValueTypeFacts{kStructList, "STRUCT_LIST", kList, E::kMap, 35},
    ValueTypeFacts{kUuid, "UUID", kScalar, E::kString, 36},
    ValueTypeFacts{kTimeUuid, "TIME_UUID", kScalar, E::kString, 37},
    ValueTypeFacts{kUuidList, "UUID_LIST", kList, E::kString, 38},
    ValueTypeFacts{kTimeUuidList, "TIME_UUID_LIST", kList, E::kString, 39},
    ValueTypeFacts{kUuidSet, "UUID_SET", kSet, E::kString, 40},
    ValueTypeFacts{kTimeUuidSet, "TIME_UUID_SET", kSet, E::kString, 41},
    ValueTypeFacts{kValueList, "VALUE_LIST", kList, E::kValue, 42},
    ValueTypeFacts{kValueSet, "VALUE_SET", kSet, E::kValue, 43},
    ValueTypeFacts{kDecimal, "DECIMAL", kScalar, E::kString, 44},
    ValueTypeFacts{kDecimalList, "DECIMAL_LIST", kList, E::kString, 45},
    ValueTypeFacts{kDecimalSet, "DECIMAL_SET", kSet, E::kString, 46},
    ValueTypeFacts{kScalarMap, "SCALAR_MAP", kScalar, E::kOther, 47},
    ValueTypeFacts{kZonedTimestamp, "ZONED_TIMESTAMP", kScalar, E::kOther, 48},
};

constexpr size_t kNumbers = 49;

/// Row of each number; 0 (kInvalid) for numbers that do not exist.
constexpr std::array<uint8_t, kNumbers> IndexByNumber() {
  std::array<uint8_t, kNumbers> index{};
  for (size_t i = 0; i < kTypes.size(); ++i) {
    index[static_cast<size_t>(kTypes[i].type)] = static_cast<uint8_t>(i);
  }
  return index;
}
constexpr auto kIndex = IndexByNumber();

}  // namespace

std::span<const ValueTypeFacts> AllValueTypes() { return kTypes; }

const ValueTypeFacts& FactsOf(ValueType type) {
  const auto number = static_cast<size_t>(type);
  return kTypes[number < kNumbers ? kIndex[number] : 0];
}

std::optional<ValueType> ValueTypeFromNumber(int number) {
  if (number < 0 || number >= static_cast<int>(kNumbers)) return std::nullopt;
  const ValueTypeFacts& facts = kTypes[kIndex[static_cast<size_t>(number)]];
  if (static_cast<int>(facts.type) != number) return std::nullopt;
  return facts.type;
}

std::optional<ValueType> ValueTypeFromName(std::string_view name) {
  for (const ValueTypeFacts& facts : kTypes) {
    if (facts.name == name) return facts.type;
  }
  return std::nullopt;
}

}  // namespace feast
