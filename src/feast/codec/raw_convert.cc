#include "feast/codec/raw_convert.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "feast/codec/iso_time.h"
#include "feast/codec/python_text.h"
#include "feast/codec/value_json.h"

namespace feast {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

/// Parses all of `text` (an optional plus sign first); false if anything is left over.
template <typename T>
bool ParseAll(std::string_view text, T* out) {
  text = Trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (text.empty()) return false;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), *out);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

bool IsJsonType(ValueType type) { return type == ValueType::kJson || type == ValueType::kJsonList; }

bool IsInt32Type(ValueType type) { return FactsOf(type).element == ElementKind::kInt32; }

}  // namespace

Status CannotConvert(const RawValue& value, ValueType type) {
  std::string text;
  AppendPythonStr(value, &text);
  constexpr size_t kShown = 80;
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  return Status::InvalidArgument("cannot convert '" + text + "' to " +
                                 std::string(FactsOf(type).name));
}

bool IsMissing(const RawValue& value) {
  const auto* number = std::get_if<double>(&value.data);
  return value.is_null() || (number && std::isnan(*number));
}

Result<int64_t> ToInteger(const RawValue& value, ValueType type) {
  int64_t integer = 0;
  if (const auto* i = std::get_if<int64_t>(&value.data)) {
    integer = *i;
  } else if (const auto* b = std::get_if<bool>(&value.data)) {
    integer = *b ? 1 : 0;
  } else if (const auto* d = std::get_if<double>(&value.data)) {
    if (!(*d > -9223372036854777856.0 && *d < 9223372036854775808.0)) {
      return CannotConvert(value, type);
    }
    integer = static_cast<int64_t>(*d);
  } else if (const auto* s = std::get_if<std::string>(&value.data)) {
    if (!ParseAll(*s, &integer)) return CannotConvert(value, type);
  } else {
    return CannotConvert(value, type);
  }
  if (IsInt32Type(type) && integer != static_cast<int32_t>(integer)) {
    return CannotConvert(value, type);
  }
  return integer;
}

Result<double> ToNumber(const RawValue& value, ValueType type) {
  if (const auto* d = std::get_if<double>(&value.data)) return *d;
  if (const auto* i = std::get_if<int64_t>(&value.data)) return static_cast<double>(*i);
  if (const auto* b = std::get_if<bool>(&value.data)) return *b ? 1.0 : 0.0;
  double number = 0;
  const auto* text = std::get_if<std::string>(&value.data);
  if (text && ParseAll(*text, &number)) return number;
  return CannotConvert(value, type);
}

Result<bool> ToBool(const RawValue& value, ValueType type) {
  if (const auto* b = std::get_if<bool>(&value.data)) return *b;
  if (const auto* i = std::get_if<int64_t>(&value.data)) return *i != 0;
  return CannotConvert(value, type);
}

Result<int64_t> ToEpochSeconds(const RawValue& value, ValueType type) {
  const auto* text = std::get_if<std::string>(&value.data);
  if (!text) return ToInteger(value, type);
  auto time = ParseIso8601(*text);
  if (!time.ok()) return CannotConvert(value, type);
  return FloorDivide(time->utc, kMicrosPerSecond);
}

Result<std::string> ToText(const RawValue& value, ValueType type) {
  std::string text;
  if (!IsJsonType(type)) {
    AppendPythonStr(value, &text);
  } else if (const auto* json = std::get_if<std::string>(&value.data)) {
    if (Result<RawValue> parsed = ParseJson(*json); !parsed.ok()) {
      return Status::InvalidArgument("Invalid JSON string for JSON type: " +
                                     parsed.status().message());
    }
    text = *json;
  } else {
    AppendPythonJson(value, &text);
  }
  return text;
}

ValueType InferValueType(const RawValue& value) {
  using enum ValueType;
  switch (value.data.index()) {
    case 1:
      return kBool;
    case 2:
      return kInt64;
    case 3:
      return kDouble;
    case 4:
      return kString;
    case 5:
      return kBytes;
    case 7:
      return kMap;
    case 6:
      break;
    default:
      return kInvalid;
  }
  // A list is one of its first element's type; of mixed or nested elements, a list of values.
  const auto& list = std::get<RawValue::List>(value.data);
  ValueType element = kInvalid;
  for (const RawValue& item : list) {
    const ValueType type = InferValueType(item);
    const bool is_list = std::holds_alternative<RawValue::List>(item.data);
    if (is_list) return kValueList;
    if (type == kInvalid || type == element) continue;
    const bool both_numbers =
        (type == kDouble && element == kInt64) || (type == kInt64 && element == kDouble);
    if (element != kInvalid && !both_numbers) return kValueList;
    element = both_numbers ? kDouble : type;
  }
  switch (element) {
    case kBool:
      return kBoolList;
    case kInt64:
      return kInt64List;
    case kDouble:
      return kDoubleList;
    case kString:
      return kStringList;
    case kBytes:
      return kBytesList;
    case kMap:
      return kMapList;
    default:
      return list.empty() ? kInvalid : kValueList;
  }
}

}  // namespace feast
