#include "feast/app/logged_rows.h"

#include <algorithm>
#include <set>

#include "feast/codec/column_codec.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

Status Built(int code) {
  return code == NANOARROW_OK ? Status::OK() : Status::ResourceExhausted("out of memory");
}

// Calls `use` with the schema and each batch.
template <typename Use>
Status ForEachBatch(Result<OwnedStream> rows, const Use& use) {
  FEAST_ASSIGN_OR_RETURN(OwnedStream stream, std::move(rows));
  FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(stream.get()));
  for (;;) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
    if (!more) return Status::OK();
    FEAST_RETURN_IF_ERROR(use(*schema.get(), *batch.get()));
  }
}

Result<std::vector<FieldStatus>> StatusesOf(const ArrowSchema& schema, const ArrowArray& array) {
  std::vector<FieldStatus> out(static_cast<size_t>(array.length), FieldStatus::kInvalid);
  ArrowArrayView view;
  ArrowArrayViewInitFromType(&view, NANOARROW_TYPE_UNINITIALIZED);
  Status status = Built(ArrowArrayViewInitFromSchema(&view, &schema, nullptr));
  if (status.ok()) status = Built(ArrowArrayViewSetArray(&view, &array, nullptr));
  for (size_t row = 0; status.ok() && row < out.size(); ++row) {
    const auto at = static_cast<int64_t>(row);
    if (ArrowArrayViewIsNull(&view, at)) continue;
    const int64_t number = ArrowArrayViewGetIntUnsafe(&view, at);
    if (number >= 0 && number <= 4) out[row] = static_cast<FieldStatus>(number);
  }
  ArrowArrayViewReset(&view);
  if (!status.ok()) return status;
  return out;
}

}  // namespace

Result<core::DataSource> LogSourceOf(const core::FeatureService& service) {
  const std::string& name = service.spec().name();
  const auto& logging = service.spec().logging_config();
  if (!logging.has_file_destination()) {
    return Status::FailedPrecondition("feature service " + name +
                                      (service.spec().has_logging_config()
                                           ? " does not log into files"
                                           : " has no logging_config, so nothing is logged"));
  }
  core::DataSource source;
  source.set_name("log of " + name);
  source.set_type(core::DataSource::BATCH_FILE);
  source.set_timestamp_field(std::string(kLogTimestamp));
  source.mutable_file_options()->set_uri(logging.file_destination().path());
  source.mutable_file_options()->set_s3_endpoint_override(
      logging.file_destination().s3_endpoint_override());
  source.mutable_file_options()->mutable_file_format()->mutable_parquet_format();
  return source;
}

Result<OwnedStream> PullLogs(OfflineStore& logs, const CallContext& context,
                             const core::DataSource& source,
                             const std::vector<std::string>& columns, std::optional<Micros> since,
                             std::optional<Micros> until) {
  PullPlan plan;
  plan.read.source = source;
  plan.read.timestamp_column = std::string(kLogTimestamp);
  plan.start = since;
  plan.end = until;
  if (!columns.empty()) {
    FEAST_ASSIGN_OR_RETURN(const auto described, logs.DescribeSource(context, source));
    std::set<std::string> known;
    for (const SourceColumn& column : described) known.insert(column.name);
    std::ranges::copy_if(columns, std::back_inserter(plan.read.features),
                         [&](const std::string& name) { return known.contains(name); });
  }
  return logs.Pull(context, plan);
}

Result<LoggedRows> LoggedRows::Read(FeatureStore& store, const CallContext& context,
                                    const Range& range) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  FEAST_ASSIGN_OR_RETURN(const core::FeatureService* service,
                         snapshot->GetFeatureService(store.config().project, range.service));
  FEAST_ASSIGN_OR_RETURN(const core::DataSource source, LogSourceOf(*service));
  FEAST_ASSIGN_OR_RETURN(OfflineStore* const logs,
                         store.log_store(service->spec().logging_config()));
  LoggedRows rows;
  FEAST_ASSIGN_OR_RETURN(rows.columns_,
                         LogColumnsOf(*snapshot, ResolveOptionsFrom(store.config()), *service));
  rows.cells_.resize(rows.columns_.size());
  std::vector<std::string> wanted;
  for (const LogColumn& column : rows.columns_) {
    for (const char* suffix : {"", "__timestamp", "__status"}) {
      wanted.push_back(column.name + suffix);
    }
  }
  // 1. How many rows there are.
  FEAST_RETURN_IF_ERROR(ForEachBatch(PullLogs(*logs, context, source, {}, range.since, range.until),
                                     [&](const ArrowSchema&, const ArrowArray& batch) {
                                       rows.total_rows_ += batch.length;
                                       return Status::OK();
                                     }));
  // 2. Those of the sample.
  const int64_t stride =
      range.sample > 0 ? std::max<int64_t>(1, (rows.total_rows_ + range.sample - 1) / range.sample)
                       : 1;
  int64_t seen = 0;
  FEAST_RETURN_IF_ERROR(
      ForEachBatch(PullLogs(*logs, context, source, wanted, range.since, range.until),
                   [&](const ArrowSchema& schema, const ArrowArray& batch) {
                     return rows.Add(schema, batch, stride, &seen);
                   }));
  return rows;
}

Status LoggedRows::Add(const ArrowSchema& schema, const ArrowArray& batch, int64_t stride,
                       int64_t* seen) {
  std::vector<size_t> picked;
  for (int64_t row = 0; row < batch.length; ++row) {
    if ((*seen)++ % stride == 0) picked.push_back(static_cast<size_t>(row));
  }
  const auto at = [&](const std::string& name) { return ColumnIndex(schema, name); };
  const auto times_of = [&](const std::string& name) {
    return TimesOfColumn(name, *schema.children[at(name)], *batch.children[at(name)]);
  };
  FEAST_ASSIGN_OR_RETURN(const auto times, times_of(std::string(kLogTimestamp)));
  for (const size_t row : picked) times_.push_back(times[row].value_or(0));
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = columns_[i].name;
    Cells& cells = cells_[i];
    EncodedColumn values;
    if (const int64_t child = at(name); child >= 0) {
      FEAST_RETURN_IF_ERROR(EncodeColumn(name, *schema.children[child], *batch.children[child],
                                         columns_[i].type, &values));
    } else {
      values.ends.assign(static_cast<size_t>(batch.length), 0);
    }
    for (const size_t row : picked) {
      cells.values.bytes += values.Row(row);
      cells.values.ends.push_back(cells.values.bytes.size());
    }
    std::vector<FieldStatus> statuses(static_cast<size_t>(batch.length), FieldStatus::kInvalid);
    if (const int64_t child = at(name + "__status"); child >= 0) {
      FEAST_ASSIGN_OR_RETURN(statuses, StatusesOf(*schema.children[child], *batch.children[child]));
    }
    std::vector<std::optional<Micros>> events(static_cast<size_t>(batch.length));
    if (at(name + "__timestamp") >= 0) {
      FEAST_ASSIGN_OR_RETURN(events, times_of(name + "__timestamp"));
    }
    for (const size_t row : picked) {
      cells.statuses.push_back(statuses[row]);
      cells.event_times.push_back(events[row].value_or(0));
    }
  }
  return Status::OK();
}

LoggedValue LoggedRows::Of(size_t column, size_t row) const {
  const Cells& cells = cells_[column];
  return {cells.values.Row(row), cells.statuses[row], cells.event_times[row]};
}

Result<OwnedStream> LoggedRows::Entities(const std::string& time_column) const {
  std::vector<OwnedSchema> schemas;
  std::vector<OwnedArray> arrays;
  std::vector<std::string_view> values(rows());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].kind == LogColumn::Kind::kFeature) continue;
    for (size_t row = 0; row < rows(); ++row) values[row] = cells_[i].values.Row(row);
    FEAST_RETURN_IF_ERROR(DecodeColumn(values, columns_[i].type, columns_[i].name,
                                       &schemas.emplace_back(), &arrays.emplace_back()));
  }
  ArrowArray* times = arrays.emplace_back().get();
  FEAST_RETURN_IF_ERROR(Built(ArrowArrayInitFromType(times, NANOARROW_TYPE_INT64)));
  FEAST_RETURN_IF_ERROR(Built(ArrowArrayStartAppending(times)));
  for (const Micros time : times_) FEAST_RETURN_IF_ERROR(Built(ArrowArrayAppendInt(times, time)));
  FEAST_RETURN_IF_ERROR(Built(ArrowArrayFinishBuildingDefault(times, nullptr)));
  ArrowSchema* of_times = schemas.emplace_back().get();
  ArrowSchemaInit(of_times);
  FEAST_RETURN_IF_ERROR(Built(ArrowSchemaSetFormat(of_times, "tsu:UTC")));
  FEAST_RETURN_IF_ERROR(Built(ArrowSchemaSetName(of_times, time_column.c_str())));
  return StreamOfColumns(std::move(schemas), std::move(arrays), static_cast<int64_t>(rows()));
}

}  // namespace feast
