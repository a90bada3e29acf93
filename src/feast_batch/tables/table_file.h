#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/call_context.h"
#include "feast/base/result.h"

namespace feast {

/// The rows of a file: CSV with a header if its name ends in `.csv`, else Parquet. Read batch by
/// batch. NotFound (FileNotFoundError) if there is no such file; InvalidArgument, naming it, if it
/// cannot be read.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadTableFile(const std::string& path);

/// Writes rows batch by batch, as CSV if the name ends in `.csv`, else as Parquet, by way of a
/// hidden file beside it: others see the old file, or the whole new one. On failure, also of
/// `context`, the hidden file is removed.
Status WriteTableFile(const CallContext& context, arrow::RecordBatchReader& rows,
                      const std::string& path);

}  // namespace feast
