#pragma once
/// Reading from object stores that does not outlive its call, though Arrow's requests cannot be
/// ended.
#include <arrow/filesystem/filesystem.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "feast/base/call_context.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {

/// The same file system, whose opening, listing and reading ends with the context's error within
/// some hundredths of a second after the context has ended. What it writes is waited for.
///
/// Thread-safe. A request that nobody waits for any more ends by itself, on a thread of its own
/// that keeps what it needs and is not repeated; the end of the process waits for it. Costs a
/// thread a request.
std::shared_ptr<arrow::fs::FileSystem> Interruptible(std::shared_ptr<arrow::fs::FileSystem> system,
                                                     const CallContext& context);

/// Whether this thread works for a request that nobody waits for any more.
bool RequestIsAbandoned();

namespace request_internal {

/// Runs `work` on a thread of its own until `done`, or until the context ends: then that is the
/// failure, and the thread is left to itself. `work` must not throw.
Status RunUnder(const CallContext& context, std::function<void()> work);

}  // namespace request_internal

/// What `ask` returns, or the context's error when it ends first. `ask` owns what it uses: it may
/// go on after that.
template <typename T>
arrow::Result<T> AskUnder(const CallContext& context, std::function<arrow::Result<T>()> ask) {
  const auto answer = std::make_shared<std::optional<arrow::Result<T>>>();
  const Status waited =
      request_internal::RunUnder(context, [answer, ask = std::move(ask)]() mutable {
        try {
          answer->emplace(ask());
        } catch (const std::exception& e) {
          answer->emplace(arrow::Status::UnknownError(e.what()));
        }
        ask = nullptr;
      });
  if (!waited.ok()) return ToArrow(waited);
  return **std::move(answer);
}

}  // namespace feast
