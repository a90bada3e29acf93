#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "feast_batch/historical/historical_join.h"
#include "feast_batch/point_in_time/entity_key_index.h"
#include "feast_batch/spill/partitioned_rows.h"

namespace feast {

/// Puts rows into partitions, a good many at a time on all threads. Thread-compatible.
class PartitionWriter {
 public:
  using PartitionsOf = std::function<Result<std::vector<uint32_t>>(const arrow::RecordBatch&)>;
  /// `partitions_of` is called on several threads; `bytes` are held before they are written.
  PartitionWriter(PartitionedRows* to, PartitionsOf partitions_of, int64_t bytes);

  Status Add(std::shared_ptr<arrow::RecordBatch> rows);
  /// Writes what is held.
  Status Finish();

 private:
  PartitionedRows* const to_;
  const PartitionsOf partitions_of_;
  const int64_t most_bytes_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> held_;
  int64_t held_bytes_ = 0;
};

/// A source of a training join, by partitions of its join keys: rows that some view of the scan may
/// want. All views of the scan have the same join keys. Immutable.
class SpilledSource {
 public:
  /// Reads the source once. Memory: some `bytes`.
  static Result<SpilledSource> Make(const CallContext& context, const HistoricalPlan& plan,
                                    const SharedScan& scan, const OpenRows& open,
                                    const KeyPartitioner& keys, size_t partitions, int64_t bytes,
                                    std::shared_ptr<SpillSpace> space);

  /// One partition as a source; this must outlive it.
  std::unique_ptr<RowSource> Open(size_t partition) const;
  int64_t rows(size_t partition) const;
  /// With the types that the columns had.
  const arrow::Schema& schema() const { return *schema_; }

 private:
  SpilledSource() = default;
  Status Fill(const CallContext& context, const SharedScan& scan, RowSource& source,
              const std::vector<std::string>& join_keys, const KeyPartitioner& keys, int64_t bytes);

  std::string name_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<PartitionedRows> rows_;
};

}  // namespace feast
