#include "feast_batch/stores/postgres/entity_upload.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <numeric>

#include "feast/base/sql_text.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/as_of_join.h"
#include "feast_batch/point_in_time/event_times.h"
#include "feast_batch/stores/postgres/copy_encoder_internal.h"
#include "feast_batch/stores/postgres/entity_keys_internal.h"
#include "feast_batch/stores/postgres/postgres_text.h"

namespace feast {
namespace {

Result<std::shared_ptr<arrow::ChunkedArray>> TimeColumn(const std::vector<int64_t>& times) {
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                  arrow::default_memory_pool());
  FEAST_ARROW_RETURN_IF_ERROR(builder.Reserve(static_cast<int64_t>(times.size())));
  for (const int64_t time : times) {
    if (time == kNoTime) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(time);
    }
  }
  FEAST_ARROW_ASSIGN(auto array, builder.Finish());
  return std::make_shared<arrow::ChunkedArray>(std::move(array));
}

Micros Before(Micros time, Micros ttl) {
  Micros oldest;
  return __builtin_sub_overflow(time, ttl, &oldest) ? kNoTime + 1 : oldest;
}

}  // namespace

Result<EntityUpload> EntityUpload::Make(std::shared_ptr<arrow::Table> entities,
                                        const std::string& time_column) {
  EntityUpload upload;
  const auto asked = entities->GetColumnByName(time_column);
  if (!asked) {
    return Status::InvalidArgument("Please provide an entity_df with a column named " +
                                   time_column + " representing the time of events.");
  }
  const Tick tick = TickOf(*asked->type());
  FEAST_ASSIGN_OR_RETURN(upload.floor_, TicksOf(*asked, tick, time_column));
  upload.ceiling_ = upload.floor_;
  // The server counts microseconds: of finer times it needs both neighbours.
  for (size_t row = 0; tick == Tick::kNanos && row < upload.floor_.size(); ++row) {
    const int64_t nanos = upload.floor_[row];
    if (nanos == kNoTime) continue;
    const int64_t floor = nanos / 1000 - (nanos % 1000 < 0 ? 1 : 0);
    upload.floor_[row] = floor;
    upload.ceiling_[row] = floor + (nanos % 1000 != 0 ? 1 : 0);
  }
  for (const int64_t time : upload.floor_) {
    if (time == kNoTime) continue;
    upload.earliest_ = std::min(time, upload.earliest_.value_or(time));
    upload.latest_ = std::max(time, upload.latest_.value_or(time));
  }
  std::vector<int64_t> numbers(upload.floor_.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto rows = static_cast<int64_t>(numbers.size());
  auto array =
      std::make_shared<arrow::Int64Array>(rows, arrow::Buffer::FromVector(std::move(numbers)));
  upload.Add("n", std::make_shared<arrow::ChunkedArray>(std::move(array)), PostgresForm::kInt8,
             "bigint");
  FEAST_ASSIGN_OR_RETURN(auto at, TimeColumn(upload.floor_));
  upload.Add("at", std::move(at), PostgresForm::kTimestamptz, "timestamptz");
  upload.entities_ = std::move(entities);
  return upload;
}

std::string EntityUpload::Add(std::string name, std::shared_ptr<arrow::ChunkedArray> values,
                              PostgresForm form, const std::string& sql_type) {
  SendingType type;
  type.form = form;
  columns_.push_back({std::move(name), std::move(values), type, sql_type});
  return "e." + columns_.back().name;
}

Result<std::vector<KeyMatch>> EntityUpload::AddKeys(const HistoricalView& view,
                                                    const SourceTable& source) {
  std::vector<KeyMatch> matches;
  for (size_t at = 0; at < view.entity_columns.size(); ++at) {
    const std::string& name = view.entity_columns[at];
    const std::string& key = view.read.join_keys[at];
    const auto column = entities_->GetColumnByName(name);
    if (!column) {
      return Status::InvalidArgument("the entity rows have no column '" + name +
                                         "', a join key of feature view '" + view.view + "'",
                                     ErrorKind::kKeyError);
    }
    auto made = EntityKeyFor(*column, source.TypeOf(key));
    if (!made.ok()) {
      return made.status().Annotate("feature view '" + view.view + "': " + source.source.name +
                                    ": join key '" + name + "'");
    }
    auto [known, is_new] = keys_.try_emplace({name, made->sql_type + made->cast}, "");
    if (is_new) {
      known->second =
          Add("k" + std::to_string(keys_.size() - 1), made->values, made->form, made->sql_type);
    }
    std::string of_source = "s." + SqlName(key);
    if (made->source_as_text) of_source += "::text";
    matches.push_back({std::move(of_source), known->second + made->cast});
  }
  return matches;
}

Result<std::string> EntityUpload::AddTtl(Micros ttl) {
  auto [known, is_new] = ttls_.try_emplace(ttl, "");
  if (!is_new) return known->second;
  std::vector<int64_t> oldest = ceiling_;
  for (int64_t& time : oldest) {
    if (time != kNoTime) time = Before(time, ttl);
  }
  FEAST_ASSIGN_OR_RETURN(auto column, TimeColumn(oldest));
  known->second = Add("s" + std::to_string(ttls_.size() - 1), std::move(column),
                      PostgresForm::kTimestamptz, "timestamptz");
  return known->second;
}

Micros EntityUpload::OldestFor(Micros ttl) const { return Before(earliest_.value_or(0), ttl); }

std::string EntityUpload::Definition() const {
  std::string definition;
  for (const auto& column : columns_) {
    definition += (definition.empty() ? "" : ", ") + column.name + " " + column.sql_type;
  }
  return definition;
}

Status EntityUpload::Send(PostgresSession& session) const {
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns;
  std::vector<SendingType> types;
  for (const auto& column : columns_) {
    columns.push_back(column.values);
    types.push_back(column.type);
  }
  FEAST_RETURN_IF_ERROR(
      session.Run("CREATE TEMP TABLE feast_entities (" + Definition() + ") ON COMMIT DROP"));
  FEAST_RETURN_IF_ERROR(
      session.StartSending("COPY pg_temp.feast_entities FROM STDIN (FORMAT binary)"));
  FEAST_RETURN_IF_ERROR(SendColumns(session, columns, types));
  // Without figures the planner takes the table for a small one.
  return session.Run("ANALYZE pg_temp.feast_entities");
}

}  // namespace feast
