#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/core/FeatureService.pb.h"

namespace feast {

/// Adds rows to a folder of Parquet files, which is made if there is none: one more file with a
/// name of its own, so that writers need no lock. With `partition_by` one file a combination of
/// those columns' values, in folders of these values (`2026-01-02/`), without these columns: what
/// upstream's writer does. InvalidArgument if a column to partition by is missing.
Status AppendLogs(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                  const std::string& folder, const std::vector<std::string>& partition_by);

/// The same for a destination as a feature service names it; paths are relative to the repository.
/// Unimplemented for destinations that are no folder of this machine.
Status AppendFileLogs(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                      const std::string& repo_path, const core::LoggingConfig& destination);

}  // namespace feast
