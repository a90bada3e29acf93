#pragma once
/// Parquet's pages as arrays. Only for files that already include Parquet.
#include <arrow/array.h>
#include <parquet/file_reader.h>

#include <memory>

namespace feast {

/// One flat column of numbers, dates or instants of a row group, page by page. Values that a page
/// holds as Arrow wants them are lent, all others are decoded into memory that is used again:
/// against Arrow's own reader that saves a copy and the pages of fresh memory it goes to.
///
/// Thread-compatible. Throws what Parquet throws.
class PageColumn {
 public:
  virtual ~PageColumn() = default;
  /// Rows that are at hand; loads the next page if there is none. 0: the end.
  virtual int64_t Load() = 0;
  /// The next of them. Valid until the next call of either.
  virtual std::shared_ptr<arrow::Array> Take(int64_t rows) = 0;
};

/// Null for columns of other kinds, and such as are stored in another type than `type`.
std::unique_ptr<PageColumn> MakePageColumn(parquet::ParquetFileReader& file, int group, int leaf,
                                           const std::shared_ptr<arrow::DataType>& type);

}  // namespace feast
