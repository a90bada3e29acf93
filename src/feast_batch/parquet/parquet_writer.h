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

/// Adds rows to a Parquet file (rewritten, the new rows last, so that they win ties) or to a folder
/// (one more file). The schema stays; rows are cast to it. Concurrent writers of ours take turns;
/// readers see the old rows or all. InvalidArgument, naming what does not fit, if the columns are
/// not the source's (storage.md §8.2) or the folder is partitioned.
Status AppendParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                     const std::string& path, const std::string& name);

/// Writes a saved dataset: one file if `path` ends in `.parquet`, else a folder with one file.
/// AlreadyExists unless `allow_overwrite`; `uri` is the path as the user spells it.
Status PersistParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                      const std::string& path, const std::string& uri, bool allow_overwrite);

}  // namespace feast
