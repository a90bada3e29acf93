#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "feast/registry/registry.h"

namespace feast {

/// Reads the registry anew when it has changed and every so often, on a thread of its own, so that
/// requests never wait for it. Thread-safe; borrows the registry.
class RegistryRefresher {
 public:
  /// Looks for changes every `kLook`, where the registry can tell; reads it after `seconds` all the
  /// same, unless they are 0. `refreshed` is called after each reading.
  RegistryRefresher(Registry& registry, int64_t seconds, std::function<void()> refreshed = {});

  static constexpr std::chrono::milliseconds kLook{100};

 private:
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace feast
