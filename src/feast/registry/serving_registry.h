#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "feast/registry/registry.h"

namespace feast {

/// A registry for a server: its readers never wait for the store and never see it fail, once it has
/// been read. A thread of its own looks for changes, as far as the store's own cache lets it, and
/// does the reading when that has expired. Thread-safe.
class ServingRegistry final : public Registry {
 public:
  /// Looks for changes every `interval`; zero: never.
  ServingRegistry(std::unique_ptr<Registry> registry, std::chrono::milliseconds interval);

  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override;
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override;
  Status Mutate(const CallContext& context, const RegistryMutation& mutation) override;
  Status Teardown() override;

 private:
  void Watch(const std::stop_token& stop, std::chrono::milliseconds interval);
  std::shared_ptr<const RegistrySnapshot> Current();
  /// Unless a later one is there already.
  std::shared_ptr<const RegistrySnapshot> Publish(std::shared_ptr<const RegistrySnapshot> snapshot);

  const std::unique_ptr<Registry> registry_;
  std::mutex mutex_;                                 ///< held for a copy of a pointer only
  std::shared_ptr<const RegistrySnapshot> current_;  // guarded by mutex_
  std::mutex waiting_;
  std::condition_variable_any woken_;
  std::jthread watcher_;
};

}  // namespace feast
