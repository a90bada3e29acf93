#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace feast {

/// The types of feature values; numbers are those of feast.types.ValueType.Enum and of the members
/// of the `Value.val` oneof (30 and 31 exist in Python only and are stored as bytes_val).
enum class ValueType : uint8_t {
  kInvalid = 0,
  kBytes = 1,
  kString = 2,
  kInt32 = 3,
  kInt64 = 4,
  kDouble = 5,
  kFloat = 6,
  kBool = 7,
  kUnixTimestamp = 8,
  kBytesList = 11,
  kStringList = 12,
  kInt32List = 13,
  kInt64List = 14,
  kDoubleList = 15,
  kFloatList = 16,
  kBoolList = 17,
  kUnixTimestampList = 18,
  kNull = 19,
  kMap = 20,
  kMapList = 21,
  kBytesSet = 22,
  kStringSet = 23,
  kInt32Set = 24,
  kInt64Set = 25,
  kDoubleSet = 26,
  kFloatSet = 27,
  kBoolSet = 28,
  kUnixTimestampSet = 29,
  kPdfBytes = 30,
  kImageBytes = 31,
  kJson = 32,
  kJsonList = 33,
  kStruct = 34,
  kStructList = 35,
  kUuid = 36,
  kTimeUuid = 37,
  kUuidList = 38,
  kTimeUuidList = 39,
  kUuidSet = 40,
  kTimeUuidSet = 41,
  kValueList = 42,
  kValueSet = 43,
  kDecimal = 44,
  kDecimalList = 45,
  kDecimalSet = 46,
  kScalarMap = 47,
  kZonedTimestamp = 48,
};

/// How the element of a type lies in a Value and in Arrow.
enum class ElementKind : uint8_t {
  kNone,
  kBytes,
  kString,
  kInt32,
  kInt64,
  kDouble,
  kFloat,
  kBool,
  kTimestamp,
  kMap,
  kValue,
  kOther,
};

enum class Shape : uint8_t { kScalar, kList, kSet };

/// Everything that the code asks about a type, one row each.
struct ValueTypeFacts {
  ValueType type;
  std::string_view name;  ///< e.g. "INT64_LIST", as in the wire enum and upstream's ValueType
  Shape shape;
  ElementKind element;
  uint8_t field;  ///< member of the Value oneof that carries it
};

/// The one table of value types, ordered by number.
std::span<const ValueTypeFacts> AllValueTypes();
/// The row of a type; the row of kInvalid for numbers that do not exist.
const ValueTypeFacts& FactsOf(ValueType type);
/// The type of that number or wire name, if there is one.
std::optional<ValueType> ValueTypeFromNumber(int number);
std::optional<ValueType> ValueTypeFromName(std::string_view name);

}  // namespace feast
