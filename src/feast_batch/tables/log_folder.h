#pragma once
#include <arrow/type_fwd.h>

#include <memory>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/core/FeatureService.pb.h"
#include "feast_batch/parquet/file_places.h"

namespace feast {

/// Adds rows to the folder of Parquet files that a feature service's logging configuration names,
/// on this machine or in an object store; it is made if there is none. One more file, named after
/// the batch, so that writers need no lock. With `partition_by` one file a combination of those
/// columns' values, in folders of these values (`2026-01-02/`), without these columns: what
/// upstream's writer does.
///
/// None is seen before all are complete; when one cannot be put in place, those that were are taken
/// away again. Where that fails too, the same batch, written again, replaces them. InvalidArgument
/// if a column to partition by is missing; Unimplemented for a destination that is no folder.
Status AppendFileLogs(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                      FilePlaces& places, const core::LoggingConfig& destination,
                      const std::string& batch);

}  // namespace feast
