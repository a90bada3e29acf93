#include "feast_batch/historical/historical_stream.h"

#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/memory_pool.h>
#include <arrow/table.h>

#include "feast_batch/historical/range_entities.h"
#include "feast_batch/historical/result_types.h"
#include "feast_batch/historical/spilled_join.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"

namespace feast {
namespace {

constexpr int64_t kBatchRows = int64_t{1} << 16;

std::string TimeNameOf(const HistoricalPlan& plan) {
  return plan.entity_timestamp.empty() ? "event_timestamp" : plan.entity_timestamp;
}

// Where the features start: they are the last columns.
int FirstFeatureOf(const HistoricalPlan& plan, const arrow::Table& joined) {
  int columns = joined.num_columns();
  for (const auto& view : plan.views) columns -= static_cast<int>(view.output_names.size());
  return columns;
}

// Later parts have the types of the first.
Result<std::shared_ptr<arrow::Table>> InSchema(const std::shared_ptr<arrow::Table>& table,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  arrow::ChunkedArrayVector columns;
  for (int at = 0; at < table->num_columns(); ++at) {
    const auto& type = schema->field(at)->type();
    if (table->field(at)->type()->ToString() == type->ToString()) {
      columns.push_back(table->column(at));
      continue;
    }
    auto cast = arrow::compute::Cast(arrow::Datum(table->column(at)), type);
    if (!cast.ok()) {
      return FromArrow(cast.status()).Annotate("column '" + schema->field(at)->name() + "'");
    }
    columns.push_back(cast->chunked_array());
  }
  return arrow::Table::Make(schema, std::move(columns), table->num_rows());
}

class JoinedRows final : public arrow::RecordBatchReader {
 public:
  JoinedRows(const HistoricalPlan& plan, std::unique_ptr<JoinedTables> joined,
             arrow::TimeUnit::type unit)
      : plan_(plan), joined_(std::move(joined)), unit_(unit) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  // False at the end.
  Result<bool> JoinNext() {
    FEAST_ASSIGN_OR_RETURN(auto joined, joined_->Next());
    if (!joined) return false;
    const int first_feature = FirstFeatureOf(plan_, *joined);
    const std::string time = joined_->times_fit() ? TimeNameOf(plan_) : "";
    FEAST_ASSIGN_OR_RETURN(joined,
                           WithUpstreamTypes(std::move(joined), time, unit_, first_feature));
    if (!schema_) {
      schema_ = joined->schema();
    } else {
      FEAST_ASSIGN_OR_RETURN(joined, InSchema(joined, schema_));
    }
    batches_ = std::make_unique<arrow::TableBatchReader>(std::move(joined));
    batches_->set_chunksize(kBatchRows);
    return true;
  }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    while (true) {
      out->reset();
      if (batches_) ARROW_RETURN_NOT_OK(batches_->ReadNext(out));
      if (*out) return arrow::Status::OK();
      batches_.reset();  // frees the part before the next one is joined
      const auto more = Guarded([&] { return JoinNext(); });
      if (!more.ok()) return ToArrow(more.status());
      if (!*more) return arrow::Status::OK();
    }
  }

 private:
  const HistoricalPlan plan_;
  const std::unique_ptr<JoinedTables> joined_;
  const arrow::TimeUnit::type unit_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<arrow::TableBatchReader> batches_;
};

// All at once if they fit into memory.
Result<std::unique_ptr<JoinedTables>> Join(const CallContext& context, const HistoricalPlan& plan,
                                           EntityParts entities, const OpenRows& open,
                                           arrow::TimeUnit::type unit, const JoinMemory& memory) {
  // Rows of RangeEntities are in memory anyway.
  const bool may_spill = memory.temp_size != 0 && !plan.entity_timestamp.empty();
  if (!may_spill) return JoinInParts(context, plan, nullptr, std::move(entities), open, memory);
  const int64_t held = arrow::default_memory_pool()->bytes_allocated();
  const int64_t most = memory.RowsAtOnce(BytesPerRow(plan, entities.schema()), held);
  FEAST_ASSIGN_OR_RETURN(auto first, entities.Next(context, most));
  FEAST_ASSIGN_OR_RETURN(const bool all, entities.AtEnd());
  if (all) {
    return JoinInParts(context, plan, std::move(first), std::move(entities), open, memory);
  }
  return JoinSpilled(context, plan, std::move(first), std::move(entities), open, unit, memory);
}

}  // namespace

Result<OwnedStream> HistoricalStream(const CallContext& context, const HistoricalPlan& plan,
                                     OwnedStream entity_rows, const OpenRows& open,
                                     arrow::TimeUnit::type unit, const JoinMemory& memory) {
  context.EnterStage(Progress::Stage::kOpening);
  std::shared_ptr<arrow::RecordBatchReader> entities;
  if (!entity_rows.empty()) {
    FEAST_ASSIGN_OR_RETURN(entities, ImportStream(std::move(entity_rows)));
  } else if (!plan.entity_timestamp.empty()) {
    return Status::InvalidArgument("the training join needs entity rows");
  } else {
    FEAST_ASSIGN_OR_RETURN(auto rows, RangeEntities(context, plan, open));
    entities = std::make_shared<arrow::TableBatchReader>(std::move(rows));
  }
  FEAST_ASSIGN_OR_RETURN(auto tables,
                         Join(context, plan, EntityParts(std::move(entities)), open, unit, memory));
  auto joined = std::make_shared<JoinedRows>(plan, std::move(tables), unit);
  FEAST_RETURN_IF_ERROR(joined->JoinNext().status());
  return ExportStream(std::move(joined));
}

}  // namespace feast
