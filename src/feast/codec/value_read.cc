#include "feast/codec/value_read.h"

#include <utility>

#include "feast/codec/utf8.h"
#include "feast/codec/wire_format.h"
#include "feast/types/value_type.h"

namespace feast {
namespace {

constexpr int kMaxDepth = 64;

Result<RawValue> Read(std::string_view value_bytes, int depth);

WireType WireTypeOf(ElementKind element) {
  switch (element) {
    case ElementKind::kInt32:
    case ElementKind::kInt64:
    case ElementKind::kBool:
    case ElementKind::kTimestamp:
    case ElementKind::kNone:
      return WireType::kVarint;
    case ElementKind::kDouble:
      return WireType::kFixed64;
    case ElementKind::kFloat:
      return WireType::kFixed32;
    case ElementKind::kBytes:
    case ElementKind::kString:
    case ElementKind::kMap:
    case ElementKind::kValue:
    case ElementKind::kOther:
      return WireType::kBytes;
  }
  return WireType::kBytes;
}

WireType WireTypeOf(const ValueTypeFacts& facts) {
  return facts.shape == Shape::kScalar ? WireTypeOf(facts.element) : WireType::kBytes;
}

Status NoValue(std::string_view why) {
  return Status::InvalidArgument("not a Value: " + std::string(why));
}

Result<RawValue> ReadText(std::string_view text) {
  if (!IsUtf8(text)) return NoValue("text that is not UTF-8");
  return RawValue{std::string(text)};
}

Result<RawValue> ReadMap(std::string_view body, int depth) {
  RawValue::Map map;
  WireReader entries(body);
  WireField entry;
  while (entries.Next(&entry)) {
    if (entry.field != 1 || entry.type != WireType::kBytes) continue;
    const auto pair = WireMapEntry::Read(entry.bytes);
    if (pair.damaged) return NoValue("a damaged map");
    if (!IsUtf8(pair.key)) return NoValue("text that is not UTF-8");
    FEAST_ASSIGN_OR_RETURN(RawValue item, Read(pair.value, depth + 1));
    map.push_back({std::string(pair.key), std::move(item)});
  }
  if (entries.damaged()) return NoValue("a damaged map");
  return RawValue{std::move(map)};
}

/// One element from its field.
Result<RawValue> ReadElement(const WireField& field, ElementKind element, int depth) {
  switch (element) {
    case ElementKind::kInt32:
      return RawValue{int64_t{static_cast<int32_t>(field.number)}};
    case ElementKind::kInt64:
    case ElementKind::kTimestamp:
      return RawValue{static_cast<int64_t>(field.number)};
    case ElementKind::kBool:
      return RawValue{field.number != 0};
    case ElementKind::kDouble:
      return RawValue{field.AsDouble()};
    case ElementKind::kFloat:
      return RawValue{double{field.AsFloat()}};
    case ElementKind::kString:
      return ReadText(field.bytes);
    case ElementKind::kBytes:
      return RawValue{RawBytes{std::string(field.bytes)}};
    case ElementKind::kMap:
      return ReadMap(field.bytes, depth);
    case ElementKind::kValue:
      return Read(field.bytes, depth + 1);
    case ElementKind::kNone:
      return RawValue{};
    case ElementKind::kOther:
      break;
  }
  return Status::InvalidArgument("values of this type cannot be given here");
}

Result<RawValue> ReadList(std::string_view body, ElementKind element, int depth) {
  RawValue::List list;
  const WireType due = WireTypeOf(element);
  WireReader elements(body);
  WireField field;
  while (elements.Next(&field)) {
    if (field.field != 1) continue;
    if (field.type == due) {
      FEAST_ASSIGN_OR_RETURN(RawValue item, ReadElement(field, element, depth));
      list.push_back(std::move(item));
      continue;
    }
    if (field.type != WireType::kBytes) return NoValue("a list element of the wrong type");
    WireReader packed(field.bytes);
    WireField one;
    const auto next = [&] {
      if (due == WireType::kVarint) return packed.NextVarint(&one.number);
      return due == WireType::kFixed64 ? packed.NextFixed<uint64_t>(&one.number)
                                       : packed.NextFixed<uint32_t>(&one.number);
    };
    while (next()) {
      FEAST_ASSIGN_OR_RETURN(RawValue item, ReadElement(one, element, depth));
      list.push_back(std::move(item));
    }
    if (packed.damaged()) return NoValue("a damaged list");
  }
  if (elements.damaged()) return NoValue("a damaged list");
  return RawValue{std::move(list)};
}

const ValueTypeFacts* MemberFacts(const WireField& field) {
  const auto type = ValueTypeFromNumber(static_cast<int>(field.field));
  return type && FactsOf(*type).field == field.field ? &FactsOf(*type) : nullptr;
}

Result<RawValue> Read(std::string_view value_bytes, int depth) {
  if (depth > kMaxDepth) return NoValue("nested too deeply");
  WireReader reader(value_bytes);
  WireField field;
  WireField member;
  const ValueTypeFacts* facts = &FactsOf(ValueType::kNull);
  while (reader.Next(&field)) {
    const ValueTypeFacts* found = MemberFacts(field);
    if (found == nullptr) continue;  // of a newer release
    if (field.type != WireTypeOf(*found)) {
      return NoValue("field " + std::to_string(field.field) + " has the wrong wire type");
    }
    member = field;  // the last one wins, as in any reader
    facts = found;
  }
  if (reader.damaged()) return NoValue("truncated or damaged");
  if (facts->shape != Shape::kScalar) return ReadList(member.bytes, facts->element, depth);
  return ReadElement(member, facts->element, depth);
}

}  // namespace

Result<RawValue> ReadValue(std::string_view value_bytes) { return Read(value_bytes, 0); }

Status CheckValue(std::string_view value_bytes) {
  WireReader reader(value_bytes);
  WireField field;
  while (reader.Next(&field)) {
    const ValueTypeFacts* facts = MemberFacts(field);
    if (facts == nullptr) continue;  // of a newer release
    if (field.type != WireTypeOf(*facts)) {
      return Status::DataLoss("not a Value: field " + std::to_string(field.field) +
                              " has the wrong wire type");
    }
    if (facts->shape == Shape::kScalar && facts->element == ElementKind::kString &&
        !IsUtf8(field.bytes)) {
      return Status::DataLoss("not a Value: text that is not UTF-8");
    }
  }
  return reader.status().Annotate("value");
}

}  // namespace feast
