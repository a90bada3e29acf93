#include "feast_batch/pull/pull_rows.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/event_times.h"
#include "feast_batch/point_in_time/latest_rows.h"

namespace feast {
namespace {

/// Stores sort what they write, and the more at once the better; cells bound the memory of a batch.
int64_t RowsPerBatch(int columns) {
  return std::clamp<int64_t>((int64_t{1} << 22) / columns, int64_t{1} << 14, int64_t{1} << 18);
}

class PulledRows final : public arrow::RecordBatchReader {
 public:
  PulledRows(const CallContext& context, const PullPlan& plan, std::unique_ptr<RowSource> source,
             std::vector<std::string> columns, std::optional<std::vector<uint64_t>> rows)
      : time_(plan.read.timestamp_column), source_(std::move(source)), rows_(std::move(rows)) {
    arrow::FieldVector fields;
    for (const auto& name : columns) fields.push_back(source_->schema().GetFieldByName(name));
    schema_ = arrow::schema(std::move(fields));
    if (rows_) {
      schema_ = schema_->WithMetadata(
          arrow::key_value_metadata({std::string(kExpectedRows)}, {std::to_string(rows_->size())}));
    }
    range_ = TickRange::Of(plan.start, plan.end,
                           TickOf(*source_->schema().GetFieldByName(time_)->type()));
    bounded_ = plan.start || plan.end;
    auto groups = GroupsInRange(*source_, time_, plan.start, plan.end);
    if (rows_) {
      std::erase_if(groups, [&](size_t group) {
        const auto& place = source_->groups()[group];
        return Picks(place.first_row, place.rows).empty();
      });
    }
    reader_ = std::make_unique<RowReader>(context, *source_, std::move(groups), std::move(columns));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    while (true) {
      if (batches_) {
        ARROW_RETURN_NOT_OK(batches_->ReadNext(out));
        if (*out) return arrow::Status::OK();
        batches_.reset();
      }
      ARROW_ASSIGN_OR_RAISE(auto table, NextRows());
      if (!table) {
        out->reset();
        return arrow::Status::OK();
      }
      batches_ = std::make_unique<arrow::TableBatchReader>(std::move(table));
      batches_->set_chunksize(RowsPerBatch(schema_->num_fields()));
    }
  }

 private:
  // The chosen rows of the next batches, about as many as go out at once; null at the end.
  arrow::Result<std::shared_ptr<arrow::Table>> NextRows() {
    std::vector<std::shared_ptr<arrow::RecordBatch>> parts;
    int64_t count = 0;
    while (count < RowsPerBatch(schema_->num_fields())) {
      auto item = reader_->Next();
      if (!item.ok()) return ToArrow(item.status());
      if (!*item) break;
      ARROW_ASSIGN_OR_RAISE(auto rows, Chosen((*item)->first_row, (*item)->rows));
      count += rows->num_rows();
      if (rows->num_rows() > 0) parts.push_back(std::move(rows));
    }
    if (parts.empty()) return std::shared_ptr<arrow::Table>();
    ARROW_ASSIGN_OR_RAISE(auto table, arrow::Table::FromRecordBatches(parts));
    return table->CombineChunks();
  }

  std::vector<int64_t> Picks(uint64_t first_row, uint64_t count) const {
    auto row = std::lower_bound(rows_->begin(), rows_->end(), first_row);
    std::vector<int64_t> picks;
    for (; row != rows_->end() && *row < first_row + count; ++row) {
      picks.push_back(static_cast<int64_t>(*row - first_row));
    }
    return picks;
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Chosen(
      uint64_t first_row, std::shared_ptr<arrow::RecordBatch> rows) const {
    std::vector<int64_t> picks;
    if (rows_) {
      picks = Picks(first_row, rows->num_rows());
    } else if (!bounded_) {
      return rows;
    } else {
      const auto column = ChunkedColumn(*rows, time_);
      const auto times = TicksOf(*column, TickOf(*column->type()), time_);
      if (!times.ok()) return ToArrow(times.status());
      for (size_t row = 0; row < times->size(); ++row) {
        if (range_.Has((*times)[row])) picks.push_back(static_cast<int64_t>(row));
      }
      if (picks.size() == times->size()) return rows;
    }
    const auto indices = RowIndices(std::move(picks));
    ARROW_ASSIGN_OR_RAISE(auto taken, arrow::compute::Take(rows, indices));
    return taken.record_batch();
  }

  std::string time_;
  std::unique_ptr<RowSource> source_;
  std::optional<std::vector<uint64_t>> rows_;
  std::shared_ptr<arrow::Schema> schema_;
  TickRange range_;
  bool bounded_ = false;
  std::unique_ptr<RowReader> reader_;
  std::unique_ptr<arrow::TableBatchReader> batches_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> PullRows(const CallContext& context,
                                                           const PullPlan& plan,
                                                           std::unique_ptr<RowSource> source) {
  const SourceRead& read = plan.read;
  auto columns =
      DistinctNames({read.join_keys, read.features, {read.timestamp_column, read.created_column}});
  FEAST_RETURN_IF_ERROR(CheckColumns(*source, columns));
  FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, read.timestamp_column));
  if (!read.created_column.empty()) {
    FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, read.created_column));
  }
  std::optional<std::vector<uint64_t>> rows;
  if (plan.latest_only) {  // no join keys: the newest row of all
    FEAST_ASSIGN_OR_RETURN(
        rows, LatestRowPerKey(context, *source,
                              {read.join_keys, read.timestamp_column, read.created_column,
                               plan.start, plan.end, true}));
  }
  return std::shared_ptr<arrow::RecordBatchReader>(std::make_shared<PulledRows>(
      context, plan, std::move(source), std::move(columns), std::move(rows)));
}

}  // namespace feast
