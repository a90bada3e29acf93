#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/stores/postgres/column_types.h"

namespace feast {

/// The values of one column on their way into an Arrow array. Thread-compatible.
class ColumnDecoder {
 public:
  virtual ~ColumnDecoder() = default;
  /// One value in binary form.
  virtual Status Append(std::string_view value) = 0;
  virtual Status AppendNull() = 0;
  virtual Result<std::shared_ptr<arrow::Array>> Finish() = 0;
};

std::unique_ptr<ColumnDecoder> MakeColumnDecoder(const PostgresColumnType& type);

/// Reads the data of a binary COPY: straight from the wire into Arrow's builders.
/// Thread-compatible.
///
/// DataLoss for what is no such data, InvalidArgument, naming the column, for values that Arrow
/// cannot hold: arrays of several dimensions.
class CopyDecoder {
 public:
  CopyDecoder(std::vector<std::string> names, const std::vector<PostgresColumnType>& types);

  /// One piece as libpq gives it: whole rows, the first one behind the header.
  Status Append(std::string_view data);
  int64_t rows() const { return rows_; }
  /// The columns of the rows since the last call.
  Result<std::vector<std::shared_ptr<arrow::Array>>> Finish();

 private:
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<ColumnDecoder>> columns_;
  bool header_read_ = false;
  int64_t rows_ = 0;
};

}  // namespace feast
