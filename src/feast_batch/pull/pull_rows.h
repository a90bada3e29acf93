#pragma once
#include <arrow/type_fwd.h>

#include <memory>

#include "feast/offline/offline_store.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// The stream of a pull: join keys, features, time and created columns (each once), in source
/// order. Holds one row group, or with `latest_only` also one entry a key.
Result<std::shared_ptr<arrow::RecordBatchReader>> PullRows(const CallContext& context,
                                                           const PullPlan& plan,
                                                           std::unique_ptr<RowSource> source);

}  // namespace feast
