#pragma once
/// Arrow C streams in and out, and where exceptions stop. Only for files that already include
/// Arrow C++.
#include <arrow/c/bridge.h>
#include <arrow/compute/initialize.h>
#include <arrow/record_batch.h>

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

inline Result<OwnedStream> ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader) {
  ArrowArrayStream stream{};
  FEAST_ARROW_RETURN_IF_ERROR(arrow::ExportRecordBatchReader(std::move(reader), &stream));
  return OwnedStream(&stream);
}

inline Result<std::shared_ptr<arrow::RecordBatchReader>> ImportStream(OwnedStream stream) {
  ArrowArrayStream taken = stream.Take();
  FEAST_ARROW_ASSIGN(auto reader, arrow::ImportRecordBatchReader(&taken));
  return reader;
}

}  // namespace feast
