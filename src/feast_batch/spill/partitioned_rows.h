#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "feast_batch/spill/spill_file.h"

namespace feast {

/// Rows with those of a partition side by side, in the order in which they came.
struct Scattered {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<int64_t> first;  ///< of each partition, and the end
};

/// `partition_of` has a number below `partitions` a row, or kNoKey: the row is left out.
Result<Scattered> Scatter(const std::shared_ptr<arrow::RecordBatch>& rows,
                          std::span<const uint32_t> partition_of, size_t partitions);

/// Rows by partition, in a spill file, in the order in which they were written. One thread writes;
/// what was written may be read on several.
class PartitionedRows {
 public:
  /// Some rows of one partition.
  struct Piece {
    struct Bytes {
      int64_t offset;
      int64_t size;
    };
    Bytes columns[2];
    int64_t rows;
  };

  /// The first `apart` columns are kept apart from the others: either may be read alone. The schema
  /// has no dictionaries (Dense).
  static Result<std::unique_ptr<PartitionedRows>> Create(std::shared_ptr<SpillSpace> space,
                                                         std::shared_ptr<arrow::Schema> schema,
                                                         int apart, size_t partitions);

  /// Adds the rows of all of them, in that order, in one piece a partition.
  Status Write(const std::vector<Scattered>& rows, size_t threads);
  /// Adds a piece to one partition.
  Status Write(size_t partition, const arrow::RecordBatch& rows);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int apart() const { return apart_; }
  size_t partitions() const { return pieces_.size(); }
  const std::vector<Piece>& pieces(size_t partition) const { return pieces_[partition]; }

  enum class Part { kApart, kOthers };
  Result<std::shared_ptr<arrow::RecordBatch>> Read(const Piece& piece, Part part) const;
  /// All columns.
  Result<std::shared_ptr<arrow::RecordBatch>> Read(const Piece& piece) const;

 private:
  PartitionedRows(std::unique_ptr<SpillFile> file, std::shared_ptr<arrow::Schema> schema, int apart,
                  size_t partitions);
  Result<Piece::Bytes> Append(const arrow::RecordBatch& rows);

  const std::unique_ptr<SpillFile> file_;
  const std::shared_ptr<arrow::Schema> schema_;
  const int apart_;
  const std::shared_ptr<arrow::Schema> of_part_[2];
  std::vector<std::vector<Piece>> pieces_;  // of each partition
};

/// The type that holds the values of a dictionary, or the type itself.
std::shared_ptr<arrow::DataType> DenseType(const std::shared_ptr<arrow::DataType>& type);
/// Rows without dictionaries.
Result<std::shared_ptr<arrow::RecordBatch>> Dense(std::shared_ptr<arrow::RecordBatch> rows);

}  // namespace feast
