#include "feast_batch/historical/historical_stream.h"

#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/memory_pool.h>
#include <arrow/table.h>

#include "feast_batch/historical/range_entities.h"
#include "feast_batch/historical/result_types.h"
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

// Entity rows, a part at a time.
class EntityParts {
 public:
  explicit EntityParts(std::shared_ptr<arrow::RecordBatchReader> rows) : rows_(std::move(rows)) {}

  const arrow::Schema& schema() const { return *schema_of_rows_; }

  // The next ones, at most that many; null at the end.
  Result<std::shared_ptr<arrow::Table>> Next(const CallContext& context, int64_t most) {
    std::vector<std::shared_ptr<arrow::RecordBatch>> part;
    int64_t count = 0;
    while (count < most) {
      FEAST_RETURN_IF_ERROR(context.Check());
      if (!ahead_) FEAST_ARROW_RETURN_IF_ERROR(rows_->ReadNext(&ahead_));
      if (!ahead_) break;
      const int64_t taken = std::min(ahead_->num_rows(), most - count);
      part.push_back(ahead_->Slice(0, taken));
      count += taken;
      ahead_ = taken < ahead_->num_rows() ? ahead_->Slice(taken) : nullptr;
    }
    if (count == 0 && begun_) return std::shared_ptr<arrow::Table>();
    begun_ = true;
    FEAST_ARROW_ASSIGN(auto table, arrow::Table::FromRecordBatches(schema_of_rows_, part));
    return table;
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::Schema> schema_of_rows_ = rows_->schema();
  std::shared_ptr<arrow::RecordBatch> ahead_;
  bool begun_ = false;  // no rows at all are a part, too
};

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
  JoinedRows(const CallContext& context, const HistoricalPlan& plan, EntityParts entities,
             OpenRows open, arrow::TimeUnit::type unit, const JoinMemory& memory)
      : context_(context),
        plan_(plan),
        entities_(std::move(entities)),
        open_(std::move(open)),
        unit_(unit),
        memory_(memory),
        bytes_per_row_(BytesPerRow(plan, entities_.schema())) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  // False at the end.
  Result<bool> JoinNext() {
    const int64_t held = arrow::default_memory_pool()->bytes_allocated();
    FEAST_ASSIGN_OR_RETURN(auto rows,
                           entities_.Next(context_, memory_.RowsAtOnce(bytes_per_row_, held)));
    if (!rows) return false;
    if (Progress* progress = context_.progress()) {
      progress->ExpectViews(static_cast<int64_t>(plan_.views.size()));
    }
    FEAST_ASSIGN_OR_RETURN(auto joined, JoinHistorical(context_, plan_, std::move(rows), open_));
    const int first_feature = FirstFeatureOf(plan_, *joined);
    FEAST_ASSIGN_OR_RETURN(
        joined, WithUpstreamTypes(std::move(joined), TimeNameOf(plan_), unit_, first_feature));
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
  const CallContext context_;
  const HistoricalPlan plan_;
  EntityParts entities_;
  const OpenRows open_;
  const arrow::TimeUnit::type unit_;
  const JoinMemory memory_;
  const int64_t bytes_per_row_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<arrow::TableBatchReader> batches_;
};

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
  auto joined = std::make_shared<JoinedRows>(context, plan, EntityParts(std::move(entities)), open,
                                             unit, memory);
  FEAST_RETURN_IF_ERROR(joined->JoinNext().status());
  return ExportStream(std::move(joined));
}

}  // namespace feast
