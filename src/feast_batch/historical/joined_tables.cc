#include "feast_batch/historical/joined_tables.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <utility>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

class JoinedParts final : public JoinedTables {
 public:
  JoinedParts(const CallContext& context, const HistoricalPlan& plan,
              std::shared_ptr<arrow::Table> first, EntityParts others, OpenRows open,
              const JoinMemory& memory)
      : context_(context),
        plan_(plan),
        first_(std::move(first)),
        others_(std::move(others)),
        open_(std::move(open)),
        memory_(memory),
        bytes_per_row_(BytesPerRow(plan, others_.schema())) {}

  Result<std::shared_ptr<arrow::Table>> Next() override {
    auto rows = std::exchange(first_, nullptr);
    if (!rows) {
      const int64_t held = arrow::default_memory_pool()->bytes_allocated();
      FEAST_ASSIGN_OR_RETURN(rows,
                             others_.Next(context_, memory_.RowsAtOnce(bytes_per_row_, held)));
    }
    if (!rows) return rows;
    if (Progress* progress = context_.progress()) {
      progress->ExpectViews(static_cast<int64_t>(plan_.views.size()));
    }
    return JoinHistorical(context_, plan_, std::move(rows), open_);
  }

 private:
  const CallContext context_;
  const HistoricalPlan plan_;
  std::shared_ptr<arrow::Table> first_;
  EntityParts others_;
  const OpenRows open_;
  const JoinMemory memory_;
  const int64_t bytes_per_row_;
};

}  // namespace

EntityParts::EntityParts(std::shared_ptr<arrow::RecordBatchReader> rows)
    : rows_(std::move(rows)), schema_(rows_->schema()) {}

Result<bool> EntityParts::AtEnd() {
  while (!ahead_ || ahead_->num_rows() == 0) {
    FEAST_ARROW_RETURN_IF_ERROR(rows_->ReadNext(&ahead_));
    if (!ahead_) return true;
  }
  return false;
}

Result<std::shared_ptr<arrow::Table>> EntityParts::Next(const CallContext& context, int64_t most) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> part;
  int64_t count = 0;
  while (count < most) {
    FEAST_RETURN_IF_ERROR(context.Check());
    FEAST_ASSIGN_OR_RETURN(const bool end, AtEnd());
    if (end) break;
    const int64_t taken = std::min(ahead_->num_rows(), most - count);
    part.push_back(ahead_->Slice(0, taken));
    count += taken;
    ahead_ = taken < ahead_->num_rows() ? ahead_->Slice(taken) : nullptr;
  }
  if (count == 0 && begun_) return std::shared_ptr<arrow::Table>();
  begun_ = true;
  FEAST_ARROW_ASSIGN(auto table, arrow::Table::FromRecordBatches(schema_, part));
  return table;
}

std::unique_ptr<JoinedTables> JoinInParts(const CallContext& context, const HistoricalPlan& plan,
                                          std::shared_ptr<arrow::Table> first, EntityParts others,
                                          OpenRows open, const JoinMemory& memory) {
  return std::make_unique<JoinedParts>(context, plan, std::move(first), std::move(others),
                                       std::move(open), memory);
}

}  // namespace feast
