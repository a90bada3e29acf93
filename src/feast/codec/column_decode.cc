#include "feast/codec/arrow_types.h"
#include "feast/codec/column_codec.h"
#include "feast/codec/python_text.h"
#include "feast/codec/raw_convert.h"
#include "feast/codec/value_bytes.h"
#include "feast/codec/value_json.h"
#include "feast/codec/wire_format.h"

namespace feast {
namespace {

Status ArrowOk(int code) {
  if (code == NANOARROW_OK) return Status::OK();
  return Status::Internal("building an Arrow array failed with code " + std::to_string(code));
}

int AppendText(std::string_view text, ArrowArray* array) {
  ArrowBufferView view;
  view.data.data = text.data();
  view.size_bytes = static_cast<int64_t>(text.size());
  return ArrowArrayAppendBytes(array, view);
}

Status AppendSeconds(int64_t seconds, ArrowArray* array) {
  if (seconds == kNullTimestamp) return ArrowOk(ArrowArrayAppendNull(array, 1));
  int64_t micros = 0;
  if (__builtin_mul_overflow(seconds, kMicrosPerSecond, &micros)) {
    return Status::DataLoss("time out of range: " + std::to_string(seconds) + " s");
  }
  return ArrowOk(ArrowArrayAppendInt(array, micros));
}

/// The member that a Value carries; field 0 or 19 when it is null.
Result<WireField> MemberOf(std::string_view value_bytes) {
  WireReader reader(value_bytes);
  WireField field;
  WireField member;
  while (reader.Next(&field)) member = field;
  FEAST_RETURN_IF_ERROR(reader.status());
  return member;
}

bool IsNullMember(const WireField& member) {
  return member.field == 0 || member.field == static_cast<uint32_t>(ValueType::kNull);
}

/// A Value as text: strings as they are, everything else as its JSON form.
Status AppendValueText(std::string_view value_bytes, ArrowArray* array) {
  FEAST_ASSIGN_OR_RETURN(const WireField member, MemberOf(value_bytes));
  if (IsNullMember(member)) return ArrowOk(ArrowArrayAppendNull(array, 1));
  if (member.field == static_cast<uint32_t>(ValueType::kString)) {
    return ArrowOk(AppendText(member.bytes, array));
  }
  std::string json;
  FEAST_RETURN_IF_ERROR(AppendValueJson(value_bytes, &json));
  return ArrowOk(AppendText(json, array));
}

Status AppendMap(std::string_view body, ArrowArray* array) {
  ArrowArray* entries = array->children[0];
  WireReader reader(body);
  WireField entry;
  while (reader.Next(&entry)) {
    if (entry.field != 1 || entry.type != WireType::kBytes) continue;
    const auto pair = WireMapEntry::Read(entry.bytes);
    if (pair.damaged) return Status::DataLoss("a damaged map");
    FEAST_RETURN_IF_ERROR(ArrowOk(AppendText(pair.key, entries->children[0])));
    FEAST_RETURN_IF_ERROR(AppendValueText(pair.value, entries->children[1]));
    FEAST_RETURN_IF_ERROR(ArrowOk(ArrowArrayFinishElement(entries)));
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  return ArrowOk(ArrowArrayFinishElement(array));
}

/// An inner list of a VALUE_LIST as list<string>.
Status AppendInnerList(std::string_view value_bytes, ArrowArray* array) {
  std::string json;
  FEAST_RETURN_IF_ERROR(AppendValueJson(value_bytes, &json));
  FEAST_ASSIGN_OR_RETURN(const RawValue parsed, ParseJson(json, 128));
  const RawValue::List single{parsed};
  const auto* list = std::get_if<RawValue::List>(&parsed.data);
  if (!list && !parsed.is_null()) list = &single;
  for (size_t i = 0; list && i < list->size(); ++i) {
    std::string text;
    AppendPythonStr((*list)[i], &text);
    FEAST_RETURN_IF_ERROR(ArrowOk((*list)[i].is_null() ? ArrowArrayAppendNull(array->children[0], 1)
                                                       : AppendText(text, array->children[0])));
  }
  return ArrowOk(ArrowArrayFinishElement(array));
}

Status AppendZoned(std::string_view body, ArrowArray* array) {
  int64_t seconds = 0;
  WireReader reader(body);
  WireField field;
  while (reader.Next(&field)) {
    if (field.field == 1) seconds = static_cast<int64_t>(field.number);
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  return AppendSeconds(seconds, array);
}

WireType WireTypeOf(ElementKind element) {
  switch (element) {
    case ElementKind::kDouble:
      return WireType::kFixed64;
    case ElementKind::kFloat:
      return WireType::kFixed32;
    case ElementKind::kInt32:
    case ElementKind::kInt64:
    case ElementKind::kBool:
    case ElementKind::kTimestamp:
      return WireType::kVarint;
    default:
      return WireType::kBytes;
  }
}

/// One element whose wire type is known to be right.
Status AppendElement(const WireField& field, const ValueTypeFacts& facts, ArrowArray* array) {
  switch (facts.element) {
    case ElementKind::kInt32:
      return ArrowOk(ArrowArrayAppendInt(array, static_cast<int32_t>(field.number)));
    case ElementKind::kInt64:
      return ArrowOk(ArrowArrayAppendInt(array, static_cast<int64_t>(field.number)));
    case ElementKind::kBool:
      return ArrowOk(ArrowArrayAppendInt(array, field.number != 0));
    case ElementKind::kTimestamp:
      return AppendSeconds(static_cast<int64_t>(field.number), array);
    case ElementKind::kDouble:
      return ArrowOk(ArrowArrayAppendDouble(array, field.AsDouble()));
    case ElementKind::kFloat:
      return ArrowOk(ArrowArrayAppendDouble(array, field.AsFloat()));
    case ElementKind::kBytes:
    case ElementKind::kString:
      return ArrowOk(AppendText(field.bytes, array));
    case ElementKind::kMap:
      return AppendMap(field.bytes, array);
    case ElementKind::kValue:
      return AppendInnerList(field.bytes, array);
    case ElementKind::kNone:
      return ArrowOk(ArrowArrayAppendNull(array, 1));
    case ElementKind::kOther:
      break;
  }
  if (facts.type == ValueType::kZonedTimestamp) return AppendZoned(field.bytes, array);
  return Status::Unimplemented("no Arrow form of " + std::string(facts.name));
}

Status AppendList(std::string_view body, const ValueTypeFacts& facts, ArrowArray* array) {
  ArrowArray* items = array->children[0];
  const WireType due = WireTypeOf(facts.element);
  WireReader reader(body);
  WireField field;
  while (reader.Next(&field)) {
    if (field.field != 1) continue;
    if (field.type == due) {
      FEAST_RETURN_IF_ERROR(AppendElement(field, facts, items));
      continue;
    }
    if (field.type != WireType::kBytes) return Status::DataLoss("a list element of the wrong type");
    WireReader packed(field.bytes);
    WireField number;
    const auto next = [&] {
      if (due == WireType::kVarint) return packed.NextVarint(&number.number);
      if (due == WireType::kFixed64) return packed.NextFixed<uint64_t>(&number.number);
      return packed.NextFixed<uint32_t>(&number.number);
    };
    while (next()) FEAST_RETURN_IF_ERROR(AppendElement(number, facts, items));
    FEAST_RETURN_IF_ERROR(packed.status());
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  return ArrowOk(ArrowArrayFinishElement(array));
}

/// Values written before a view's type changed: numbers that fit are taken over.
Result<WireField> AsDeclared(const WireField& member, const ValueTypeFacts& facts) {
  const ValueType stored = static_cast<ValueType>(member.field);
  WireField field = member;
  field.type = WireTypeOf(facts.element);
  const bool integer = member.type == WireType::kVarint;
  if (facts.element == ElementKind::kDouble &&
      (integer || (stored == ValueType::kFloat && member.type == WireType::kFixed32))) {
    field.number =
        std::bit_cast<uint64_t>(integer ? static_cast<double>(static_cast<int64_t>(member.number))
                                        : static_cast<double>(member.AsFloat()));
    return field;
  }
  const auto number = static_cast<int64_t>(member.number);
  const bool fits = facts.element != ElementKind::kInt32 || number == static_cast<int32_t>(number);
  if (integer && facts.shape == Shape::kScalar && field.type == WireType::kVarint && fits &&
      facts.element != ElementKind::kBool) {
    return field;
  }
  const ValueTypeFacts& other = FactsOf(stored);
  if (other.type != ValueType::kInvalid && other.element == facts.element &&
      (other.shape == Shape::kScalar) == (facts.shape == Shape::kScalar)) {
    return member;
  }
  return Status::InvalidArgument("a value of type " + std::string(other.name) +
                                 " is stored where " + std::string(facts.name) + " is declared");
}

Status AppendDecoded(std::string_view value, const ValueTypeFacts& facts, ArrowArray* array) {
  FEAST_ASSIGN_OR_RETURN(WireField member, MemberOf(value));
  if (IsNullMember(member) || facts.element == ElementKind::kNone) {
    return ArrowOk(ArrowArrayAppendNull(array, 1));
  }
  if (member.field != facts.field) {
    FEAST_ASSIGN_OR_RETURN(member, AsDeclared(member, facts));
  }
  const bool scalar = facts.shape == Shape::kScalar;
  if (member.type != (scalar ? WireTypeOf(facts.element) : WireType::kBytes)) {
    return Status::DataLoss("field " + std::to_string(member.field) + " has the wrong wire type");
  }
  return scalar ? AppendElement(member, facts, array) : AppendList(member.bytes, facts, array);
}

}  // namespace

Status DecodeColumn(std::span<const std::string_view> values, ValueType type, std::string_view name,
                    OwnedSchema* schema, OwnedArray* array) {
  for (size_t i = 0; type == ValueType::kInvalid && i < values.size(); ++i) {
    if (values[i].empty()) continue;
    FEAST_ASSIGN_OR_RETURN(type, TypeOfValueBytes(values[i]));
    if (type == ValueType::kNull) type = ValueType::kInvalid;
  }
  const ValueTypeFacts& facts = FactsOf(type);
  FEAST_ASSIGN_OR_RETURN(*schema, ArrowSchemaOfType(type, name));
  OwnedArray building;
  FEAST_RETURN_IF_ERROR(ArrowOk(ArrowArrayInitFromSchema(building.get(), schema->get(), nullptr)));
  FEAST_RETURN_IF_ERROR(ArrowOk(ArrowArrayStartAppending(building.get())));
  for (size_t row = 0; row < values.size(); ++row) {
    if (const Status status = AppendDecoded(values[row], facts, building.get()); !status.ok()) {
      return status.Annotate("column " + std::string(name) + ", row " + std::to_string(row));
    }
  }
  FEAST_RETURN_IF_ERROR(ArrowOk(ArrowArrayFinishBuildingDefault(building.get(), nullptr)));
  *array = std::move(building);
  return Status::OK();
}

}  // namespace feast
