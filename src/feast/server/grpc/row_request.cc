#include "feast/server/grpc/row_request.h"

#include <utility>

#include "feast/codec/python_text.h"
#include "feast/codec/raw_convert.h"
#include "feast/codec/value_bytes.h"
#include "feast/codec/value_json.h"
#include "feast/codec/value_read.h"
#include "feast/codec/wire_text.h"
#include "feast/server/data_frame.h"

namespace feast {
namespace {

Status Damaged() { return Status::InvalidArgument("the request is damaged"); }

/// Whole seconds to text, where a calendar has them.
void SecondsToText(RawValue* value) {
  constexpr int64_t kLastSecond = 253'402'300'799;  // end of the year 9999
  const auto seconds = std::get<int64_t>(value->data);
  if (seconds == kNullTimestamp) {
    value->data = std::monostate();
  } else if (seconds <= kLastSecond && seconds >= -kLastSecond) {
    AppendRfc3339(seconds * kMicrosPerSecond, &value->data.emplace<std::string>());
  }
}

void MapsToJson(RawValue* value) {
  if (auto* list = std::get_if<RawValue::List>(&value->data)) {
    for (RawValue& item : *list) MapsToJson(&item);
  } else if (std::holds_alternative<RawValue::Map>(value->data)) {
    std::string text;
    AppendPythonJson(*value, &text);
    value->data = std::move(text);
  }
}

Result<RawValue> ReadTyped(std::string_view value_bytes) {
  auto value = ReadValue(value_bytes);
  if (!value.ok()) return value;
  const auto type = TypeOfValueBytes(value_bytes);
  if (type.ok() && *type == ValueType::kUnixTimestamp) {
    SecondsToText(&*value);
  } else {
    MapsToJson(&*value);
  }
  return value;
}

/// One entry of a map: a column of one value. Of a name that comes twice the last one counts.
Status ReadEntry(const WireField& entry, bool typed, RawValue::Map* columns) {
  if (entry.type != WireType::kBytes) return Damaged();
  std::string name, text;
  std::string_view value_bytes;
  WireReader parts(entry.bytes);
  WireField part;
  while (parts.Next(&part)) {
    if (part.field == 1) FEAST_RETURN_IF_ERROR(ReadText(part, &name));
    if (part.field != 2) continue;
    if (!typed) FEAST_RETURN_IF_ERROR(ReadText(part, &text));
    value_bytes = part.bytes;
  }
  if (parts.damaged()) return Damaged();
  RawValue column;
  auto& values = column.data.emplace<RawValue::List>();
  if (typed) {
    auto value = ReadTyped(value_bytes);
    if (!value.ok()) return value.status().Annotate("feature '" + name + "'");
    values.push_back(*std::move(value));
  } else {
    values.emplace_back().data = std::move(text);
  }
  for (auto& known : *columns) {
    if (known.key != name) continue;
    known.value = std::move(column);
    return Status::OK();
  }
  columns->push_back({std::move(name), std::move(column)});
  return Status::OK();
}

}  // namespace

Result<RowRequest> RowRequest::Decode(std::string_view bytes, const RowFields& fields) {
  RowRequest request;
  RawValue::Map typed;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.field == 1) {
      FEAST_RETURN_IF_ERROR(ReadEntry(field, false, &request.columns));
    } else if (field.field == 2) {
      FEAST_RETURN_IF_ERROR(ReadText(field, &request.name));
    } else if (field.field == 3) {
      request.allow_registry_cache = field.number != 0;
    } else if (field.field == fields.typed) {
      FEAST_RETURN_IF_ERROR(ReadEntry(field, true, &typed));
    } else if (field.field == fields.to) {
      FEAST_RETURN_IF_ERROR(ReadText(field, &request.to));
    }
  }
  if (reader.damaged()) return Damaged();
  if (!request.columns.empty() && !typed.empty()) {
    return Status::InvalidArgument("Only one of features or typed_features may be set, not both");
  }
  if (!typed.empty()) request.columns = std::move(typed);
  return request;
}

Result<OwnedStream> RowRequest::Rows() const { return DataFrameToStream(columns); }

}  // namespace feast
