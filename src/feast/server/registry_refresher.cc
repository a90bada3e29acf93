#include "feast/server/registry_refresher.h"

#include <chrono>
#include <utility>

namespace feast {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A registry that cannot be read is not asked ten times a second.
constexpr std::chrono::seconds kAfterFailure{1};

}  // namespace

RegistryRefresher::RegistryRefresher(Registry& registry, int64_t seconds,
                                     std::function<void()> refreshed) {
  thread_ = std::jthread(
      [this, &registry, seconds, refreshed = std::move(refreshed)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        auto read_at = SteadyClock::now();
        SteadyClock::duration pause = kLook;
        while (!woken_.wait_for(lock, stop, pause, [] { return false; })) {
          if (stop.stop_requested()) return;
          const bool is_due =
              seconds > 0 && SteadyClock::now() >= read_at + std::chrono::seconds(seconds);
          pause = kLook;
          if (!is_due && !registry.MayHaveChanged()) continue;
          // A failing refresh leaves the last good generation in force.
          if (!registry.Refresh().ok()) pause = kAfterFailure;
          read_at = SteadyClock::now();
          if (refreshed) refreshed();
        }
      });
}

}  // namespace feast
