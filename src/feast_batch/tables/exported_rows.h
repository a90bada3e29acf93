#pragma once
#include <arrow/type_fwd.h>

#include <string>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast_batch/parquet/file_places.h"

namespace feast {

/// Writes rows as Parquet files into a fresh folder below `location` (a path or the uri of an
/// object store) and gives their paths or uris, in the order of the rows: as they come, a file each
/// 262,144 of them, at least one. After a failure none is left. Memory: the rows of one file.
Result<std::vector<std::string>> ExportRows(const CallContext& context,
                                            arrow::RecordBatchReader& rows, FilePlaces& places,
                                            const std::string& location,
                                            const std::string& s3_endpoint);

}  // namespace feast
