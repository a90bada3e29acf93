#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/ingest/ingest.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// Rows of a push source that go to the offline store.
struct OfflinePush {
  std::string push_source;
  OwnedStream rows;
};

/// Work for a batch process, with who asked for it. Thread-compatible.
struct BatchJob {
  std::variant<MaterializeRequest, OfflinePush> work;
  Principal principal;
  std::string trace_id;
};

/// The job as bytes; reads the rows to their end.
Result<std::string> EncodeBatchJob(BatchJob job);
/// DataLoss when `bytes` are no job.
Result<BatchJob> DecodeBatchJob(std::string_view bytes);

/// What a materialization says while it runs.
struct BatchProgress {
  bool done = false;  ///< else begun
  std::string view;
  Micros start = 0;  ///< of the interval, when it is begun
  Micros end = 0;
  int64_t rows = 0;  ///< when it is done
};
std::string EncodeBatchProgress(const BatchProgress& progress);
Result<BatchProgress> DecodeBatchProgress(std::string_view bytes);

/// A Status with code, kind and message; what cannot be read becomes DataLoss.
std::string EncodeStatus(const Status& status);
Status DecodeStatus(std::string_view bytes);

}  // namespace feast
