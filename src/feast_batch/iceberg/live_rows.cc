#include "feast_batch/iceberg/live_rows.h"

#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

class LiveStream final : public RowStream {
 public:
  // `lost` are places in the group.
  LiveStream(std::unique_ptr<RowStream> rows, const std::vector<int64_t>& lost)
      : rows_(std::move(rows)), lost_(lost) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    while (true) {
      FEAST_ASSIGN_OR_RETURN(auto batch, rows_->Next());
      if (!batch) return batch;
      const int64_t end = row_ + batch->num_rows();
      std::vector<int64_t> live;
      for (int64_t row = row_; row < end; ++row) {
        if (at_ < lost_.size() && lost_[at_] == row) {
          ++at_;
        } else {
          live.push_back(row - row_);
        }
      }
      row_ = end;
      if (static_cast<int64_t>(live.size()) == batch->num_rows()) return batch;
      if (live.empty()) continue;
      const auto count = static_cast<int64_t>(live.size());
      if (batch->num_columns() == 0) {
        return arrow::RecordBatch::Make(batch->schema(), count, arrow::ArrayVector{});
      }
      FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(batch, RowIndices(std::move(live))));
      return taken.record_batch();
    }
  }

 private:
  const std::unique_ptr<RowStream> rows_;
  const std::vector<int64_t>& lost_;
  size_t at_ = 0;
  int64_t row_ = 0;
};

class LiveRows final : public RowSource {
 public:
  explicit LiveRows(std::unique_ptr<RowSource> rows) : rows_(std::move(rows)) {}

  Status Take(const LostRows& lost) {
    std::vector<size_t> taken(lost.size());   // of each file
    std::vector<int64_t> first(lost.size());  // the next group's first row in its file
    uint64_t next = 0;
    for (size_t group = 0; group < rows_->groups().size(); ++group) {
      const size_t file = rows_->FileOf(group).value_or(lost.size());
      if (file >= lost.size()) return Status::Internal(name() + ": a group of no file");
      const auto rows = static_cast<int64_t>(rows_->groups()[group].rows);
      std::vector<int64_t> own;
      for (size_t& at = taken[file]; at < lost[file].size(); ++at) {
        if (lost[file][at] >= first[file] + rows) break;
        own.push_back(lost[file][at] - first[file]);
      }
      first[file] += rows;
      const uint64_t live = static_cast<uint64_t>(rows) - own.size();
      groups_.push_back({next, live});
      next += live;
      lost_.push_back(std::move(own));
    }
    for (size_t file = 0; file < lost.size(); ++file) {
      if (taken[file] == lost[file].size()) continue;
      return Status::DataLoss(name() + ": a delete file names row " +
                              std::to_string(lost[file][taken[file]]) + " of a file with " +
                              std::to_string(first[file]) + " rows");
    }
    return Status::OK();
  }

  const std::string& name() const override { return rows_->name(); }
  const arrow::Schema& schema() const override { return rows_->schema(); }
  const std::vector<Group>& groups() const override { return groups_; }
  bool columnar() const override { return rows_->columnar(); }
  Result<std::unique_ptr<RowStream>> Open(size_t group, const std::vector<std::string>& columns,
                                          Decode decode) override {
    FEAST_ASSIGN_OR_RETURN(auto stream, rows_->Open(group, columns, decode));
    if (lost_[group].empty()) return stream;
    return std::unique_ptr<RowStream>(
        std::make_unique<LiveStream>(std::move(stream), lost_[group]));
  }
  bool MayHold(size_t group, const std::string& time_column, Micros from, Micros to) override {
    return rows_->MayHold(group, time_column, from, to);
  }
  int64_t StoredBytes(size_t group, const std::vector<std::string>& columns) override {
    return rows_->StoredBytes(group, columns);
  }
  std::optional<size_t> FileOf(size_t group) override { return rows_->FileOf(group); }

 private:
  const std::unique_ptr<RowSource> rows_;
  std::vector<Group> groups_;
  LostRows lost_;  // of each group
};

}  // namespace

Result<std::unique_ptr<RowSource>> WithoutRows(std::unique_ptr<RowSource> rows,
                                               const LostRows& lost) {
  auto live = std::make_unique<LiveRows>(std::move(rows));
  FEAST_RETURN_IF_ERROR(live->Take(lost));
  return std::unique_ptr<RowSource>(std::move(live));
}

}  // namespace feast
