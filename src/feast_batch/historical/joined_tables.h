#pragma once
#include <arrow/type_fwd.h>

#include <memory>

#include "feast_batch/historical/historical_join.h"
#include "feast_batch/historical/join_memory.h"

namespace feast {

/// The result of a training join, some rows at a time, with the columns of JoinHistorical.
class JoinedTables {
 public:
  virtual ~JoinedTables() = default;
  /// The next rows; null at the end. The first table may be empty.
  virtual Result<std::shared_ptr<arrow::Table>> Next() = 0;
  /// False: some entity time is finer than the unit in which times come out, so all keep theirs.
  virtual bool times_fit() const { return true; }
};

/// Entity rows, some at a time.
class EntityParts {
 public:
  explicit EntityParts(std::shared_ptr<arrow::RecordBatchReader> rows);

  const arrow::Schema& schema() const { return *schema_; }
  /// The next ones, at most that many; null at the end. No rows at all are a part, too.
  Result<std::shared_ptr<arrow::Table>> Next(const CallContext& context, int64_t most);
  /// Whether there are no more.
  Result<bool> AtEnd();

 private:
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> ahead_;
  bool begun_ = false;
};

/// As many entity rows at a time as `memory` allows are joined; the sources are read again for the
/// next ones. `first` are rows before the others that are known to fit, or null. What `open` needs
/// must outlive it.
std::unique_ptr<JoinedTables> JoinInParts(const CallContext& context, const HistoricalPlan& plan,
                                          std::shared_ptr<arrow::Table> first, EntityParts others,
                                          OpenRows open, const JoinMemory& memory);

}  // namespace feast
