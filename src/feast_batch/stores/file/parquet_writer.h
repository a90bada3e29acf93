#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"

namespace feast {

/// Writes the rows to `path` by way of a temporary file beside it: readers see the old file, or the
/// whole new one. On failure the temporary file is removed.
Status WriteParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                    const std::string& path);

/// Adds rows to a Parquet file (rewritten: new rows before the old, as upstream) or to a folder
/// (one more file). The file's schema stays; rows are cast to it. Concurrent writers take turns.
/// InvalidArgument if the columns are not the file's (storage.md §8.2).
Status AppendParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                     const std::string& path, const std::string& name);

/// Writes a saved dataset: one file if `path` ends in `.parquet`, else a folder with one file.
/// AlreadyExists unless `allow_overwrite`; `uri` is the path as the user spells it.
Status PersistParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                      const std::string& path, const std::string& uri, bool allow_overwrite);

}  // namespace feast
