#pragma once
#include <memory>
#include <string>

#include "feast_batch/parquet/file_places.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// The rows of a Delta table's newest version, with the types of its schema; partition columns and
/// those that a file lacks as well. `name` is for messages. NotFound (FileNotFoundError) if the
/// folder is no Delta table; Unimplemented, naming the feature, for what we do not read: deletion
/// vectors, mapped columns, files elsewhere, features of a newer protocol; DataLoss, naming the
/// file, for a log with a gap or a damaged file. Two listings of an object store, one request a
/// commit since the last checkpoint, and one a file.
Result<std::unique_ptr<RowSource>> OpenDeltaSource(const FilePlace& table, const std::string& name);

}  // namespace feast
