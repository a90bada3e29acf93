#include "feast/codec/value_bytes.h"

#include <cmath>
#include <unordered_set>
#include <vector>

#include "feast/codec/iso_time.h"
#include "feast/codec/python_text.h"
#include "feast/codec/raw_convert.h"
#include "feast/codec/value_json.h"
#include "feast/codec/wire_format.h"

namespace feast {
namespace {

constexpr int kMaxDepth = 32;  // protobuf readers stop at 100 messages; a map level is three

Status AppendValue(const RawValue& value, ValueType type, int depth, std::string* out);

/// How a list or set of that element lies in its `repeated … val = 1`.
bool IsPacked(ElementKind element) {
  switch (element) {
    case ElementKind::kInt32:
    case ElementKind::kInt64:
    case ElementKind::kDouble:
    case ElementKind::kFloat:
    case ElementKind::kBool:
    case ElementKind::kTimestamp:
      return true;
    default:
      return false;
  }
}

WireType WireTypeOf(ElementKind element) {
  if (element == ElementKind::kDouble) return WireType::kFixed64;
  if (element == ElementKind::kFloat) return WireType::kFixed32;
  return IsPacked(element) ? WireType::kVarint : WireType::kBytes;
}

/// Appends the body of a Map message.
Status AppendMapBody(const RawValue& value, ValueType type, int depth, std::string* out) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    auto parsed = ParseJson(*text);
    if (!parsed.ok() || !std::holds_alternative<RawValue::Map>(parsed->data)) {
      return CannotConvert(value, type);
    }
    return AppendMapBody(*parsed, type, depth, out);
  }
  const auto* map = std::get_if<RawValue::Map>(&value.data);
  if (!map) return CannotConvert(value, type);
  for (const auto& [key, inner] : *map) {
    const size_t entry = out->size();
    AppendBytesField(1, key, out);
    const size_t start = out->size();
    if (const Status status = AppendValue(inner, ValueType::kInvalid, depth + 1, out);
        !status.ok()) {
      return status.Annotate("key '" + key + "'");
    }
    WrapField(2, start, out);
    WrapField(1, entry, out);
  }
  return Status::OK();
}

/// Lists take whole numbers only, as upstream's do; a single number is cut, as int(x) does.
Result<int64_t> IntegerElement(const RawValue& value, const ValueTypeFacts& facts) {
  if (value.is_null()) return int64_t{0};
  const auto* number = std::get_if<double>(&value.data);
  if (facts.shape != Shape::kScalar && number && *number != std::trunc(*number)) {
    return CannotConvert(value, facts.type);
  }
  return ToInteger(value, facts.type);
}

/// Appends one element without tag or length. A null becomes the default of its kind.
Status AppendElement(const RawValue& value, const ValueTypeFacts& facts, int depth,
                     std::string* out) {
  const ValueType type = facts.type;
  const bool null = value.is_null();
  switch (facts.element) {
    case ElementKind::kBytes: {
      const auto* bytes = std::get_if<RawBytes>(&value.data);
      if (bytes) out->append(bytes->bytes);
      return bytes || null ? Status::OK() : CannotConvert(value, type);
    }
    case ElementKind::kString: {
      if (null) return Status::OK();
      FEAST_ASSIGN_OR_RETURN(const std::string text, ToText(value, type));
      out->append(text);
      return Status::OK();
    }
    case ElementKind::kInt32:
    case ElementKind::kInt64: {
      FEAST_ASSIGN_OR_RETURN(const int64_t number, IntegerElement(value, facts));
      AppendVarint(static_cast<uint64_t>(number), out);
      return Status::OK();
    }
    case ElementKind::kTimestamp: {
      FEAST_ASSIGN_OR_RETURN(const int64_t seconds, IsMissing(value)
                                                        ? Result<int64_t>(kNullTimestamp)
                                                        : ToEpochSeconds(value, type));
      AppendVarint(static_cast<uint64_t>(seconds), out);
      return Status::OK();
    }
    case ElementKind::kBool: {
      FEAST_ASSIGN_OR_RETURN(const bool truth, null ? Result<bool>(false) : ToBool(value, type));
      out->push_back(truth ? 1 : 0);
      return Status::OK();
    }
    case ElementKind::kDouble:
    case ElementKind::kFloat: {
      FEAST_ASSIGN_OR_RETURN(const double number,
                             null ? Result<double>(0.0) : ToNumber(value, type));
      if (facts.element == ElementKind::kDouble)
        AppendFixed(number, out);
      else
        AppendFixed(static_cast<float>(number), out);
      return Status::OK();
    }
    case ElementKind::kMap:
      return null ? Status::OK() : AppendMapBody(value, type, depth, out);
    case ElementKind::kValue:
      return AppendValue(value, ValueType::kInvalid, depth + 1, out);
    case ElementKind::kNone:
    case ElementKind::kOther:
      break;
  }
  return CannotConvert(value, type);
}

/// Text or bytes where a list is due are parsed as JSON, as upstream does.
Status AppendListFromText(const RawValue& value, const ValueTypeFacts& facts, int depth,
                          std::string* out) {
  const auto* text = std::get_if<std::string>(&value.data);
  const auto* bytes = std::get_if<RawBytes>(&value.data);
  if (!text && !bytes) return CannotConvert(value, facts.type);
  auto parsed = ParseJson(text ? *text : bytes->bytes);
  if (!parsed.ok() || !std::holds_alternative<RawValue::List>(parsed->data)) {
    return CannotConvert(value, facts.type);
  }
  return AppendValue(*parsed, facts.type, depth + 1, out);
}

Status AppendCollection(const RawValue& value, const ValueTypeFacts& facts, int depth,
                        std::string* out) {
  const auto* list = std::get_if<RawValue::List>(&value.data);
  if (!list) return AppendListFromText(value, facts, depth, out);
  const bool packed = IsPacked(facts.element);
  const size_t start = out->size();
  std::unordered_set<std::string> seen;
  std::string element;
  for (const RawValue& item : *list) {
    element.clear();
    FEAST_RETURN_IF_ERROR(AppendElement(item, facts, depth, &element));
    if (facts.shape == Shape::kSet && !seen.insert(element).second) continue;
    if (packed)
      out->append(element);
    else
      AppendBytesField(1, element, out);
  }
  if (packed && out->size() > start) WrapField(1, start, out);
  WrapField(facts.field, start, out);
  return Status::OK();
}

/// ZonedTimestamp from ISO 8601 text, epoch seconds, or {"unix_timestamp": …, "zone": …}.
Status AppendZonedTimestamp(const RawValue& value, std::string* out) {
  constexpr ValueType kType = ValueType::kZonedTimestamp;
  int64_t seconds = 0;
  std::string zone;
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    auto time = ParseIso8601(*text);
    if (!time.ok()) return CannotConvert(value, kType);
    seconds = FloorDivide(time->utc, kMicrosPerSecond);
    if (time->offset_minutes) zone = "UTC";
    if (time->offset_minutes.value_or(0) != 0) AppendUtcOffset(*time->offset_minutes * 60, &zone);
  } else if (const auto* map = std::get_if<RawValue::Map>(&value.data)) {
    for (const auto& [key, part] : *map) {
      if (key == "zone") AppendPythonStr(part, &zone);
      if (key != "unix_timestamp") continue;
      FEAST_ASSIGN_OR_RETURN(seconds, ToEpochSeconds(part, kType));
    }
  } else {
    FEAST_ASSIGN_OR_RETURN(seconds, ToInteger(value, kType));
  }
  const size_t start = out->size();
  if (seconds != 0) AppendVarintField(1, static_cast<uint64_t>(seconds), out);
  if (!zone.empty()) AppendBytesField(2, zone, out);
  WrapField(static_cast<uint32_t>(kType), start, out);
  return Status::OK();
}

/// Appends a MapKey body: the member that upstream picks for the Python type of the key.
Status AppendMapKey(const RawValue& key, std::string* out) {
  if (const auto* b = std::get_if<bool>(&key.data)) {
    AppendVarintField(5, *b ? 1 : 0, out);
  } else if (const auto* i = std::get_if<int64_t>(&key.data)) {
    AppendVarintField(2, static_cast<uint64_t>(*i), out);
  } else if (const auto* d = std::get_if<double>(&key.data)) {
    AppendTag(4, WireType::kFixed64, out);
    AppendFixed(*d, out);
  } else if (const auto* bytes = std::get_if<RawBytes>(&key.data)) {
    AppendBytesField(7, bytes->bytes, out);
  } else {
    return CannotConvert(key, ValueType::kScalarMap);
  }
  return Status::OK();
}

/// ScalarMap from a list of [key, value] pairs: keys that are not text do not fit a RawValue::Map.
Status AppendScalarMap(const RawValue& value, int depth, std::string* out) {
  const auto* pairs = std::get_if<RawValue::List>(&value.data);
  if (!pairs) return CannotConvert(value, ValueType::kScalarMap);
  const size_t start = out->size();
  for (const RawValue& item : *pairs) {
    const auto* pair = std::get_if<RawValue::List>(&item.data);
    if (!pair || pair->size() != 2) return CannotConvert(item, ValueType::kScalarMap);
    const size_t entry = out->size();
    FEAST_RETURN_IF_ERROR(AppendMapKey((*pair)[0], out));
    WrapField(1, entry, out);
    const size_t inner = out->size();
    FEAST_RETURN_IF_ERROR(AppendValue((*pair)[1], ValueType::kInvalid, depth + 1, out));
    WrapField(2, inner, out);
    WrapField(1, entry, out);
  }
  WrapField(static_cast<uint32_t>(ValueType::kScalarMap), start, out);
  return Status::OK();
}

Status AppendValue(const RawValue& value, ValueType type, int depth, std::string* out) {
  if (depth > kMaxDepth) {
    return Status::InvalidArgument("a value is nested more than " + std::to_string(kMaxDepth) +
                                   " levels deep");
  }
  if (IsMissing(value) || type == ValueType::kNull) return Status::OK();
  if (type == ValueType::kInvalid) {
    type = InferValueType(value);
    if (type == ValueType::kInvalid) return Status::OK();
  }
  const ValueTypeFacts& facts = FactsOf(type);
  if (type == ValueType::kZonedTimestamp) return AppendZonedTimestamp(value, out);
  if (type == ValueType::kScalarMap) return AppendScalarMap(value, depth, out);
  if (facts.shape != Shape::kScalar) return AppendCollection(value, facts, depth, out);
  if (IsPacked(facts.element)) {
    AppendTag(facts.field, WireTypeOf(facts.element), out);
    return AppendElement(value, facts, depth, out);
  }
  if (const auto* text = std::get_if<std::string>(&value.data);
      text && facts.element == ElementKind::kString && type != ValueType::kJson) {
    AppendBytesField(facts.field, *text, out);
    return Status::OK();
  }
  const size_t start = out->size();
  FEAST_RETURN_IF_ERROR(AppendElement(value, facts, depth, out));
  WrapField(facts.field, start, out);
  return Status::OK();
}

}  // namespace

Status AppendValueBytes(const RawValue& value, ValueType type, std::string* out) {
  const size_t before = out->size();
  Status status = AppendValue(value, type, 0, out);
  if (!status.ok()) out->resize(before);
  return status;
}

Result<ValueType> TypeOfValueBytes(std::string_view bytes) {
  if (bytes.empty()) return ValueType::kNull;
  WireReader reader(bytes);
  WireField field;
  if (reader.Next(&field)) {
    if (auto type = ValueTypeFromNumber(static_cast<int>(field.field));
        type && FactsOf(*type).field == field.field) {
      return *type;
    }
    return Status::DataLoss("not a Value: field " + std::to_string(field.field));
  }
  return reader.status().Annotate("value");
}

Result<TextAndNumber> TextAndNumberOf(std::string_view value_bytes) {
  TextAndNumber result;
  WireReader reader(value_bytes);
  WireField field;
  while (reader.Next(&field)) {
    result = TextAndNumber{};
    result.has_text = result.has_number = true;
    switch (static_cast<ValueType>(field.field)) {
      case ValueType::kString:
        result.text = field.bytes;
        result.has_number = false;
        break;
      case ValueType::kInt32:
      case ValueType::kInt64:
        result.text = std::to_string(static_cast<int64_t>(field.number));
        result.number = static_cast<double>(static_cast<int64_t>(field.number));
        break;
      case ValueType::kFloat:
      case ValueType::kDouble:
        result.number = field.field == 6 ? field.AsFloat() : field.AsDouble();
        AppendPythonDouble(result.number, &result.text);
        break;
      case ValueType::kBool:
        result.number = field.number ? 1 : 0;
        result.text = field.number ? "True" : "False";
        break;
      default:
        result.has_text = result.has_number = false;
    }
  }
  FEAST_RETURN_IF_ERROR(reader.status().Annotate("value"));
  return result;
}

}  // namespace feast
