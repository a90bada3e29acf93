#include "feast/codec/value_json.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "feast/codec/iso_time.h"
#include "feast/codec/python_text.h"
#include "feast/codec/wire_format.h"
#include "feast/codec/zone_offset.h"
#include "feast/types/value_type.h"

namespace feast {
namespace {

constexpr int kMaxDepth = 64;

Status AppendJson(std::string_view value_bytes, int depth, std::string* out);

void AppendInteger(int64_t number, std::string* out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), number);
  out->append(text, static_cast<size_t>(end.ptr - text));
}

void AppendNumber(const WireField& field, ElementKind element, std::string* out) {
  switch (element) {
    case ElementKind::kInt32:
      AppendInteger(static_cast<int32_t>(field.number), out);
      return;
    case ElementKind::kBool:
      out->append(field.number ? "true" : "false");
      return;
    case ElementKind::kDouble:
      AppendJsonDouble(field.AsDouble(), out);
      return;
    case ElementKind::kFloat:
      AppendJsonDouble(field.AsFloat(), out);
      return;
    default:
      AppendInteger(static_cast<int64_t>(field.number), out);
  }
}

WireType ScalarWireType(ElementKind element) {
  switch (element) {
    case ElementKind::kInt32:
    case ElementKind::kInt64:
    case ElementKind::kBool:
    case ElementKind::kTimestamp:
      return WireType::kVarint;
    case ElementKind::kDouble:
      return WireType::kFixed64;
    case ElementKind::kFloat:
      return WireType::kFixed32;
    default:
      return WireType::kBytes;
  }
}

void AppendText(std::string_view text, ElementKind element, std::string* out) {
  if (element != ElementKind::kBytes) {
    AppendJsonString(text, out);
    return;
  }
  out->push_back('"');
  AppendBase64(text, out);
  out->push_back('"');
}

/// Object from the body of a Map. A key that comes twice is written twice.
Status AppendMapJson(std::string_view body, int depth, std::string* out) {
  if (depth > kMaxDepth) return Status::DataLoss("a Value is nested too deeply");
  out->push_back('{');
  bool first = true;
  WireReader entries(body);
  WireField entry;
  while (entries.Next(&entry)) {
    if (entry.field != 1 || entry.type != WireType::kBytes) continue;
    const auto pair = WireMapEntry::Read(entry.bytes);
    if (pair.damaged) return Status::DataLoss("a damaged map");
    if (!first) out->push_back(',');
    first = false;
    AppendJsonString(pair.key, out);
    out->push_back(':');
    FEAST_RETURN_IF_ERROR(AppendJson(pair.value, depth + 1, out));
  }
  out->push_back('}');
  return entries.status();
}

/// Numbers of one `val` field, packed or single, with a comma before all but the very first.
Status AppendPackedNumbers(const WireField& field, ElementKind element, bool* first,
                           std::string* out) {
  const auto one = [&](const WireField& number) {
    if (!*first) out->push_back(',');
    *first = false;
    AppendNumber(number, element, out);
  };
  const WireType type = ScalarWireType(element);
  if (field.type == type) {
    one(field);
    return Status::OK();
  }
  if (field.type != WireType::kBytes) return Status::DataLoss("a list element of the wrong type");
  WireReader packed(field.bytes);
  WireField number;
  if (type == WireType::kVarint) {
    while (packed.NextVarint(&number.number)) one(number);
  } else if (type == WireType::kFixed64) {
    while (packed.NextFixed<uint64_t>(&number.number)) one(number);
  } else {
    while (packed.NextFixed<uint32_t>(&number.number)) one(number);
  }
  return packed.status();
}

Status AppendListJson(std::string_view body, const ValueTypeFacts& facts, int depth,
                      std::string* out) {
  out->push_back('[');
  bool first = true;
  WireReader elements(body);
  WireField field;
  while (elements.Next(&field)) {
    if (field.field != 1) continue;
    if (ScalarWireType(facts.element) != WireType::kBytes) {
      FEAST_RETURN_IF_ERROR(AppendPackedNumbers(field, facts.element, &first, out));
      continue;
    }
    if (field.type != WireType::kBytes) return Status::DataLoss("a list element of the wrong type");
    if (!first) out->push_back(',');
    first = false;
    if (facts.element == ElementKind::kMap) {
      FEAST_RETURN_IF_ERROR(AppendMapJson(field.bytes, depth + 1, out));
    } else if (facts.element == ElementKind::kValue) {
      FEAST_RETURN_IF_ERROR(AppendJson(field.bytes, depth + 1, out));
    } else {
      AppendText(field.bytes, facts.element, out);
    }
  }
  out->push_back(']');
  return elements.status();
}

/// ISO 8601 in the value's own zone with a numeric offset; a zone nobody knows is shown in UTC.
Status AppendZonedJson(std::string_view body, std::string* out) {
  int64_t seconds = 0;
  std::string_view zone;
  WireReader reader(body);
  WireField field;
  while (reader.Next(&field)) {
    if (field.field == 1 && field.type == WireType::kVarint) {
      seconds = static_cast<int64_t>(field.number);
    }
    if (field.field == 2 && field.type == WireType::kBytes) zone = field.bytes;
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  constexpr int64_t kLastSecond = 253'402'300'799;  // end of the year 9999
  if (seconds > kLastSecond || seconds < -kLastSecond) {
    out->append("null");
    return Status::OK();
  }
  const int offset = ZoneOffsetAt(zone, seconds).value_or(0);
  out->push_back('"');
  AppendIsoTime((seconds + offset) * kMicrosPerSecond, 'T', false, out);
  AppendUtcOffset(offset, out);
  out->push_back('"');
  return Status::OK();
}

Status AppendMember(const WireField& member, const ValueTypeFacts& facts, int depth,
                    std::string* out) {
  if (facts.element == ElementKind::kNone) {
    out->append("null");
    return Status::OK();
  }
  const WireType due =
      facts.shape == Shape::kScalar ? ScalarWireType(facts.element) : WireType::kBytes;
  if (member.type != due) {
    return Status::DataLoss("field " + std::to_string(member.field) + " has the wrong wire type");
  }
  if (facts.shape != Shape::kScalar) return AppendListJson(member.bytes, facts, depth, out);
  if (due != WireType::kBytes) {
    AppendNumber(member, facts.element, out);
  } else if (facts.element == ElementKind::kMap) {
    return AppendMapJson(member.bytes, depth, out);
  } else if (facts.type == ValueType::kZonedTimestamp) {
    return AppendZonedJson(member.bytes, out);
  } else if (facts.type == ValueType::kScalarMap) {
    out->append("null");
  } else {
    AppendText(member.bytes, facts.element, out);
  }
  return Status::OK();
}

Status AppendJson(std::string_view value_bytes, int depth, std::string* out) {
  if (depth > kMaxDepth) return Status::DataLoss("a Value is nested too deeply");
  // The last member wins, as in any protobuf reader; unknown fields are passed over.
  WireReader reader(value_bytes);
  WireField field;
  WireField member;
  const ValueTypeFacts* facts = &FactsOf(ValueType::kNull);
  while (reader.Next(&field)) {
    const auto type = ValueTypeFromNumber(static_cast<int>(field.field));
    if (!type || FactsOf(*type).field != field.field) continue;
    member = field;
    facts = &FactsOf(*type);
  }
  FEAST_RETURN_IF_ERROR(reader.status());
  return AppendMember(member, *facts, depth, out);
}

// Of mixed kinds, short values come a few at a time: room for all the rest each time would make the
// work quadratic.
constexpr size_t kShortRun = 64;
constexpr size_t kShortText = 24;  // no whole number or flag is longer, with its comma

/// Writes a Value that is one whole number or flag, as it is stored: a tag of one byte and a number
/// that ends where the Value does. Null for every other one, and nothing is written then.
char* WriteShort(std::string_view value, char* out) {
  constexpr char kInt32Tag = 3 << 3;
  constexpr char kInt64Tag = 4 << 3;
  constexpr char kBoolTag = 7 << 3;
  static_assert(static_cast<int>(WireType::kVarint) == 0);
  if (value.size() < 2 || value.size() > 11) return nullptr;
  uint64_t number = 0;
  const size_t last = value.size() - 1;
  for (size_t i = 1; i <= last; ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if ((byte >= 0x80) != (i < last)) return nullptr;
    number |= static_cast<uint64_t>(byte & 0x7f) << (7 * (i - 1));
  }
  switch (value[0]) {
    case kInt64Tag:
      return std::to_chars(out, out + kShortText, static_cast<int64_t>(number)).ptr;
    case kInt32Tag:
      return std::to_chars(out, out + kShortText, static_cast<int32_t>(number)).ptr;
    case kBoolTag:
      return std::copy_n(number ? "true" : "false", number ? 4 : 5, out);
    default:
      return nullptr;
  }
}

}  // namespace

Status AppendValuesJson(std::span<const std::string_view> values, std::string* out) {
  for (size_t row = 0; row < values.size();) {
    // Room for a number of short ones; what is not used is given back.
    const size_t begin = out->size();
    const size_t end_row = std::min(values.size(), row + kShortRun);
    out->resize(begin + (end_row - row) * kShortText);
    char* at = out->data() + begin;
    bool is_short = true;
    while (row < end_row && is_short) {
      char* const comma = at;
      if (row > 0) *at++ = ',';
      char* const end =
          values[row].empty() ? std::copy_n("null", 4, at) : WriteShort(values[row], at);
      is_short = end != nullptr;
      at = is_short ? end : comma;
      if (is_short) ++row;
    }
    out->resize(static_cast<size_t>(at - out->data()));
    // Values of other kinds come in runs: a column has one type.
    for (; row < values.size(); ++row) {
      char unused[kShortText];
      if (values[row].empty() || WriteShort(values[row], unused)) break;
      if (row > 0) out->push_back(',');
      if (const Status status = AppendValueJson(values[row], out); !status.ok()) {
        return status.Annotate("row " + std::to_string(row));
      }
    }
  }
  return Status::OK();
}

Status AppendValueJson(std::string_view value_bytes, std::string* out) {
  const size_t before = out->size();
  Status status = AppendJson(value_bytes, 0, out);
  if (status.ok()) return status;
  out->resize(before);
  return status.Annotate("value");
}

}  // namespace feast
