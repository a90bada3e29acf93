#include "feast_batch/point_in_time/run_units.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace feast {
namespace {

Status Caught(const std::function<Status(size_t, size_t)>& work, size_t unit, size_t thread) {
  try {
    return work(unit, thread);
  } catch (const std::bad_alloc&) {
    return Status::ResourceExhausted("out of memory");
  } catch (const std::exception& e) {
    return Status::Internal(e.what());
  }
}

}  // namespace

Status RunUnits(size_t units, size_t threads,
                const std::function<Status(size_t unit, size_t thread)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  Status first_error;
  const auto run = [&](size_t thread) {
    while (true) {
      const size_t unit = next.fetch_add(1, std::memory_order_relaxed);
      if (unit >= units) return;
      Status status = Caught(work, unit, thread);
      if (status.ok()) continue;
      next.store(units, std::memory_order_relaxed);
      const std::lock_guard lock(mutex);
      if (first_error.ok()) first_error = std::move(status);
    }
  };
  std::vector<std::jthread> others;
  for (size_t thread = 1; thread < std::min(threads, units); ++thread) {
    others.emplace_back(run, thread);
  }
  run(0);
  others.clear();  // joins
  return first_error;
}

}  // namespace feast
