#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <vector>

#include "feast/offline/offline_store.h"
#include "feast_batch/historical/row_source.h"

namespace feast {

/// Rows with a time in [start, end] for which `latest` of each key is asked. Ascending row numbers of
/// the newest row per key: greatest (time, created, row), nulls first. Memory: one entry a key.
/// `keep_null_keys`: rows with a null key part count as one key, so that the caller can complain.
Result<std::vector<uint64_t>> LatestRowPerKey(const CallContext& context, RowSource& source,
                                              const SourceRead& read, std::optional<Micros> start,
                                              std::optional<Micros> end, bool keep_null_keys);

/// The stream of a pull: join keys, features, time and created columns (each once), in source order.
/// Holds one row group, or with `latest_only` also one entry a key.
Result<std::shared_ptr<arrow::RecordBatchReader>> PullRows(const CallContext& context,
                                                           const PullPlan& plan,
                                                           std::unique_ptr<RowSource> source);

/// The groups that may hold rows with a time in [start, end].
std::vector<size_t> GroupsInRange(RowSource& source, const std::string& time_column,
                                  std::optional<Micros> start, std::optional<Micros> end);

}  // namespace feast
