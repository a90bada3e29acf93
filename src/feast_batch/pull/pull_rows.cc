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
    if (rows_) std::erase_if(groups, [&](size_t group) { return Picks(group).empty(); });
    reader_ =
        std::make_unique<GroupReader>(context, *source_, std::move(groups), std::move(columns));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    while (true) {
      if (batches_) {
        ARROW_RETURN_NOT_OK(batches_->ReadNext(out));
        if (*out && (*out)->num_rows() > 0) return arrow::Status::OK();
        if (*out) continue;
        batches_.reset();
      }
      auto item = reader_->Next();
      if (!item.ok()) return ToArrow(item.status());
      if (!*item) {
        out->reset();
        return arrow::Status::OK();
      }
      ARROW_ASSIGN_OR_RAISE(auto table, Chosen((*item)->group, (*item)->table));
      batches_ = std::make_unique<arrow::TableBatchReader>(std::move(table));
      batches_->set_chunksize(RowsPerBatch(schema_->num_fields()));
    }
  }

 private:
  std::vector<int64_t> Picks(size_t group) const {
    const auto& place = source_->groups()[group];
    auto row = std::lower_bound(rows_->begin(), rows_->end(), place.first_row);
    std::vector<int64_t> picks;
    for (; row != rows_->end() && *row < place.first_row + place.rows; ++row) {
      picks.push_back(*row - place.first_row);
    }
    return picks;
  }

  arrow::Result<std::shared_ptr<arrow::Table>> Chosen(size_t group,
                                                      std::shared_ptr<arrow::Table> table) const {
    std::vector<int64_t> picks;
    if (rows_) {
      picks = Picks(group);
    } else if (!bounded_) {
      return table;
    } else {
      const auto column = table->GetColumnByName(time_);
      const auto times = TicksOf(*column, TickOf(*column->type()), time_);
      if (!times.ok()) return ToArrow(times.status());
      for (size_t row = 0; row < times->size(); ++row) {
        if (range_.Has((*times)[row])) picks.push_back(row);
      }
      if (picks.size() == times->size()) return table;
    }
    const auto indices = RowIndices(std::move(picks));
    ARROW_ASSIGN_OR_RAISE(auto taken, arrow::compute::Take(table, indices));
    return taken.table();
  }

  std::string time_;
  std::unique_ptr<RowSource> source_;
  std::optional<std::vector<uint64_t>> rows_;
  std::shared_ptr<arrow::Schema> schema_;
  TickRange range_;
  bool bounded_ = false;
  std::unique_ptr<GroupReader> reader_;
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
