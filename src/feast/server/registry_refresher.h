#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "feast/registry/registry.h"

namespace feast {

/// Reads the registry anew every so often, on a thread of its own, so that requests never wait for
/// it. Thread-safe; borrows the registry.
class RegistryRefresher {
 public:
  /// At most 0 `seconds`: never. `refreshed` is told after each whether the registry can be read.
  RegistryRefresher(Registry& registry, int64_t seconds, std::function<void(bool)> refreshed = {});

 private:
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace feast
