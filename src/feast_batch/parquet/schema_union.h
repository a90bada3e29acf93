#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/parquet/parquet_files.h"

namespace feast {

/// The columns of several files as one schema: those of the first, then what the others add, then
/// the columns that folder names give (int32 if every value is one, else text). Types that differ
/// become the one that holds both. InvalidArgument, naming column, types and files, where there is
/// none. The lists run in parallel and are not empty.
Result<std::shared_ptr<arrow::Schema>> UnionOfSchemas(
    const std::vector<std::shared_ptr<arrow::Schema>>& schemas,
    const std::vector<ParquetFile>& files);

}  // namespace feast
