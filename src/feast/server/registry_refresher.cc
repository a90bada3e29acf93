#include "feast/server/registry_refresher.h"

#include <chrono>
#include <utility>

namespace feast {

RegistryRefresher::RegistryRefresher(Registry& registry, int64_t seconds,
                                     std::function<void(bool)> refreshed) {
  if (seconds <= 0) return;
  thread_ = std::jthread(
      [this, &registry, seconds, refreshed = std::move(refreshed)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!woken_.wait_for(lock, stop, std::chrono::seconds(seconds), [] { return false; })) {
          if (stop.stop_requested()) return;
          // A failing refresh leaves the last good generation in force.
          (void)registry.Refresh();
          if (refreshed) refreshed(registry.Cached().ok());
        }
      });
}

}  // namespace feast
