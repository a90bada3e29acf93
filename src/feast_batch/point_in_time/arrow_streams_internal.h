#pragma once
/// Arrow C streams in and out, and where exceptions stop. Only for files that already include
/// Arrow C++.
#include <arrow/compute/initialize.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <new>
#include <utility>

#include "feast/types/arrow_c.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {

/// Runs the work of a store's method: exceptions of libraries become a Status.
template <typename Work>
auto Guarded(Work work) -> decltype(work()) {
  try {
    static const arrow::Status kKernels = arrow::compute::Initialize();
    if (!kKernels.ok()) return FromArrow(kKernels);
    return work();
  } catch (const std::bad_alloc&) {
    return Status::ResourceExhausted("out of memory");
  } catch (const std::exception& e) {
    return Status::Internal(e.what());
  }
}

/// The reader's batches as a stream, whose failures keep code and kind (types/arrow_stream.h).
OwnedStream ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader);

/// A stream's batches as a reader, whose failures FromArrow makes what they were.
Result<std::shared_ptr<arrow::RecordBatchReader>> ImportStream(OwnedStream stream);

}  // namespace feast
