#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// Columns of chosen rows of a source, for rows that chose them. Immutable.
class WinnerValues {
 public:
  /// The value of each row's winner, null where there is none.
  Result<std::shared_ptr<arrow::Array>> Column(const std::string& name) const;

 private:
  friend Result<WinnerValues> TakeWinners(const CallContext& context, RowSource& source,
                                          const std::vector<uint64_t>& winners,
                                          const std::vector<std::string>& columns);
  std::shared_ptr<arrow::Table> values_;    // in the order of the source's groups
  std::shared_ptr<arrow::Array> position_;  // of each row's value in it; null: none
};

/// Reads the groups that hold winners, each once. `winners` are row numbers of the source or
/// kNoRow, in any order and number. Memory: one value a row and column, one group, 16 bytes a row.
Result<WinnerValues> TakeWinners(const CallContext& context, RowSource& source,
                                 const std::vector<uint64_t>& winners,
                                 const std::vector<std::string>& columns);

}  // namespace feast
