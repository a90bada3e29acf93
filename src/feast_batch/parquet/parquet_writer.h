#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/core/SavedDataset.pb.h"
#include "feast_batch/parquet/file_places.h"
#include "feast_batch/parquet/whole_file.h"

namespace feast {

/// Adds rows to a Parquet file (rewritten, the new rows last, so that they win ties) or to a folder
/// (one more file). The schema stays; rows are cast to it. Readers see the old rows or all.
/// Concurrent writers of ours take turns; those of an object store only within a process, so that a
/// file there that another one rewrote meanwhile is Aborted, and folders are the better choice.
/// InvalidArgument, naming what does not fit, if the columns are not the source's (storage.md §8.2)
/// or the folder is partitioned; Unimplemented if the files are encrypted.
Status AppendParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                     const FilePlace& place, const std::string& name);

/// Writes a file of its own, folders above it included. It is there once it is committed.
Result<std::unique_ptr<WholeFile>> WriteParquetFile(const CallContext& context,
                                                    arrow::RecordBatchReader& rows,
                                                    const FilePlace& place);

/// Writes a saved dataset: one file if the path ends in `.parquet`, else a folder with one file.
/// AlreadyExists unless `allow_overwrite`; InvalidArgument for storage that is not Parquet files.
/// Readers see the old dataset or the new one; in an object store, of a folder with other files,
/// for a moment both.
Status PersistDataset(const CallContext& context, arrow::RecordBatchReader& rows,
                      FilePlaces& places, const core::SavedDatasetStorage& storage,
                      bool allow_overwrite);

}  // namespace feast
