#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "feast_batch/historical/winner_rows.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// Columns of the source for those who have these winners.
struct WantedValues {
  WinnerRows winners;
  std::vector<std::string> columns;
};

/// The value of each entity row's winner, null where there is none: of each of `wanted` its
/// columns. Reads the groups that hold winners, once, on up to `threads` threads. Memory: 8 bytes
/// an entity row, the result (see value_sink.h), a batch a thread.
Result<std::vector<arrow::ChunkedArrayVector>> TakeValues(const CallContext& context,
                                                          RowSource& source,
                                                          const std::vector<WantedValues>& wanted,
                                                          size_t threads);

}  // namespace feast
