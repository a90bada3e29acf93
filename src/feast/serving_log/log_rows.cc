#include "feast/serving_log/log_rows.h"

#include <algorithm>
#include <unordered_map>

#include "feast/codec/column_codec.h"
#include "feast/codec/iso_time.h"
#include "feast/codec/value_bytes.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

Status Built(int code) {
  if (code == NANOARROW_OK) return Status::OK();
  return Status::ResourceExhausted("out of memory for the log of served features");
}

void Append(std::string_view value, EncodedColumn* column) {
  column->bytes += value;
  column->ends.push_back(column->bytes.size());
}

// Upstream's logs keep whole seconds without a zone, our columns microseconds in UTC.
void ToSeconds(ArrowSchema* schema, ArrowArray* array) {
  if (std::string_view(schema->format).starts_with("tsu")) {
    auto* times = static_cast<int64_t*>(const_cast<void*>(array->buffers[1]));
    for (int64_t i = 0; times != nullptr && i < array->length + array->offset; ++i) {
      times[i] = FloorDivide(times[i], kMicrosPerSecond);
    }
    (void)ArrowSchemaSetFormat(schema, "tss:");
  }
  for (int64_t i = 0; i < schema->n_children; ++i) {
    ToSeconds(schema->children[i], array->children[i]);
  }
}

// The columns of a struct, one after the other.
class BatchBuilder {
 public:
  void Add(OwnedSchema schema, OwnedArray array) {
    schemas_.push_back(std::move(schema));
    arrays_.push_back(std::move(array));
  }

  template <typename AppendRow>
  Status AddColumn(const std::string& name, const char* format, ArrowType storage, size_t rows,
                   const AppendRow& append) {
    OwnedSchema schema;
    ArrowSchemaInit(schema.get());
    FEAST_RETURN_IF_ERROR(Built(ArrowSchemaSetFormat(schema.get(), format)));
    FEAST_RETURN_IF_ERROR(Built(ArrowSchemaSetName(schema.get(), name.c_str())));
    schema->flags = ARROW_FLAG_NULLABLE;
    OwnedArray array;
    FEAST_RETURN_IF_ERROR(Built(ArrowArrayInitFromType(array.get(), storage)));
    FEAST_RETURN_IF_ERROR(Built(ArrowArrayStartAppending(array.get())));
    for (size_t row = 0; row < rows; ++row) {
      FEAST_RETURN_IF_ERROR(Built(append(array.get(), row)));
    }
    FEAST_RETURN_IF_ERROR(Built(ArrowArrayFinishBuildingDefault(array.get(), nullptr)));
    Add(std::move(schema), std::move(array));
    return Status::OK();
  }

  Result<OwnedStream> Finish(size_t rows) && {
    return StreamOfColumns(std::move(schemas_), std::move(arrays_), static_cast<int64_t>(rows));
  }

 private:
  std::vector<OwnedSchema> schemas_;
  std::vector<OwnedArray> arrays_;
};

Result<EncodedColumn> EncodeRequestData(const ServedAnswer& answer, const LogColumn& column,
                                        size_t rows) {
  EncodedColumn out;
  const auto found = std::ranges::find_if(
      answer.request_data, [&](const auto& one) { return one.first == column.name; });
  for (size_t row = 0; row < rows; ++row) {
    std::string value;
    if (found != answer.request_data.end() && row < found->second.size()) {
      FEAST_RETURN_IF_ERROR(AppendValueBytes(found->second[row], column.type, &value)
                                .Annotate("request data " + column.name));
    }
    Append(value, &out);
  }
  return out;
}

}  // namespace

LogRows::LogRows(std::vector<LogColumn> columns) : columns_(std::move(columns)) { Clear(); }

void LogRows::Clear() {
  cells_.assign(columns_.size(), Cells());
  times_.clear();
  request_ids_.clear();
}

Status LogRows::Add(const ServedAnswer& answer) {
  const auto& served = answer.response.columns;
  const size_t rows = served.empty() ? 0 : served.front().values.size();
  std::vector<EncodedColumn> request(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].kind != LogColumn::Kind::kRequestData) continue;
    FEAST_ASSIGN_OR_RETURN(request[i], EncodeRequestData(answer, columns_[i], rows));
  }
  std::unordered_map<std::string_view, const OnlineColumn*> by_name;
  for (const OnlineColumn& column : served) by_name.emplace(column.name, &column);
  for (size_t i = 0; i < columns_.size(); ++i) {
    const LogColumn& column = columns_[i];
    Cells& cells = cells_[i];
    const bool feature = column.kind == LogColumn::Kind::kFeature;
    const auto found =
        by_name.find(feature && !answer.full_feature_names ? column.feature : column.name);
    const OnlineColumn* from = found == by_name.end() ? nullptr : found->second;
    for (size_t row = 0; row < rows; ++row) {
      const auto value = column.kind == LogColumn::Kind::kRequestData ? request[i].Row(row)
                         : from                                       ? from->values[row]
                                                                      : std::string_view();
      Append(value, &cells.values);
      if (!feature) continue;
      const bool timed = from != nullptr && row < from->event_times.size();
      cells.seconds.push_back(timed ? FloorDivide(from->event_times[row], kMicrosPerSecond) : 0);
      cells.statuses.push_back(from != nullptr ? static_cast<int32_t>(from->statuses[row]) : 0);
    }
  }
  times_.insert(times_.end(), rows, answer.time);
  request_ids_.insert(request_ids_.end(), rows, answer.request_id);
  return Status::OK();
}

Result<OwnedStream> LogRows::Stream() const {
  BatchBuilder batch;
  const size_t count = rows();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const LogColumn& column = columns_[i];
    const Cells& cells = cells_[i];
    std::vector<std::string_view> values(count);
    for (size_t row = 0; row < count; ++row) values[row] = cells.values.Row(row);
    OwnedSchema schema;
    OwnedArray array;
    FEAST_RETURN_IF_ERROR(DecodeColumn(values, column.type, column.name, &schema, &array));
    ToSeconds(schema.get(), array.get());
    batch.Add(std::move(schema), std::move(array));
    if (column.kind != LogColumn::Kind::kFeature) continue;
    FEAST_RETURN_IF_ERROR(batch.AddColumn(
        column.name + "__timestamp", "tss:UTC", NANOARROW_TYPE_INT64, count,
        [&](ArrowArray* to, size_t row) { return ArrowArrayAppendInt(to, cells.seconds[row]); }));
    FEAST_RETURN_IF_ERROR(batch.AddColumn(
        column.name + "__status", "i", NANOARROW_TYPE_INT32, count,
        [&](ArrowArray* to, size_t row) { return ArrowArrayAppendInt(to, cells.statuses[row]); }));
  }
  FEAST_RETURN_IF_ERROR(batch.AddColumn(
      std::string(kLogTimestamp), "tsu:UTC", NANOARROW_TYPE_INT64, count,
      [&](ArrowArray* to, size_t row) { return ArrowArrayAppendInt(to, times_[row]); }));
  FEAST_RETURN_IF_ERROR(batch.AddColumn(
      std::string(kLogDate), "tdD", NANOARROW_TYPE_INT32, count, [&](ArrowArray* to, size_t row) {
        return ArrowArrayAppendInt(to, FloorDivide(times_[row], kSecondsPerDay * kMicrosPerSecond));
      }));
  FEAST_RETURN_IF_ERROR(batch.AddColumn(
      std::string(kRequestId), "u", NANOARROW_TYPE_STRING, count, [&](ArrowArray* to, size_t row) {
        const std::string& id = request_ids_[row];
        return ArrowArrayAppendString(to, {id.data(), static_cast<int64_t>(id.size())});
      }));
  return std::move(batch).Finish(count);
}

}  // namespace feast
