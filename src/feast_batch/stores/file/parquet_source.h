#pragma once
#include <memory>
#include <string>

#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// The rows of a Parquet file, or of all Parquet files below a folder in the order of their paths.
/// `name` is for messages. NotFound (FileNotFoundError) if the path does not exist or holds no
/// file; DataLoss, naming the file, if one is damaged. Files may lack columns that the first one
/// has.
Result<std::unique_ptr<RowSource>> OpenParquetSource(const std::string& path,
                                                     const std::string& name);

}  // namespace feast
