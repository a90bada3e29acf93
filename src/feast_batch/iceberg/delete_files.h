#pragma once
#include <string>
#include <vector>

#include "feast_batch/iceberg/iceberg_manifests.h"
#include "feast_batch/iceberg/live_rows.h"
#include "feast_batch/parquet/file_places.h"
#include "feast_batch/parquet/parquet_files.h"

namespace feast {

/// The files of a snapshot of which rows may have been deleted, and those that delete them.
struct DeletePlan {
  const FilePlace& place;
  const IcebergMetadata& table;
  const std::string& name;               ///< for messages
  const std::vector<IcebergFile>& data;  ///< as the source of their rows counts them
  const std::vector<IcebergFile>& deletes;
  const std::vector<ParquetFile>& delete_places;  ///< where those are
};

/// Reads the delete files, and of the data files the columns that equality deletes compare; holds
/// the deleted keys. What OpenParquetFiles says; Unimplemented for a comparison of dropped columns.
Result<LostRows> ReadDeletes(const DeletePlan& plan, RowSource& rows);

}  // namespace feast
