#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// A row of a group that won, and for which entity row.
struct WonBy {
  uint32_t row;     ///< in its group
  uint32_t entity;  ///< which entity row
};

/// One column of a join's result, filled in any order.
class ValueSink {
 public:
  virtual ~ValueSink() = default;
  /// `values` are the rows of a group from `first_row`, `won` are some of them, ascending by row.
  /// Thread-safe as long as no entity row is in two calls.
  virtual Status Add(const std::shared_ptr<arrow::Array>& values, uint32_t first_row,
                     std::span<const WonBy> won) = 0;
  /// The column: null where nothing was added. Once.
  virtual Result<std::shared_ptr<arrow::ChunkedArray>> Finish() = 0;
};

/// Which entity rows have a winner.
struct Matched {
  explicit Matched(const std::vector<uint64_t>& winners);
  std::vector<uint8_t> rows;  ///< 1: it has one
  bool all = true;
};

/// `matched` are the rows for which values will come; it must outlive the sink. Memory: the column,
/// and of values of variable size 8 bytes a row and the values twice.
Result<std::unique_ptr<ValueSink>> MakeValueSink(const std::shared_ptr<arrow::DataType>& type,
                                                 const Matched& matched);

}  // namespace feast
