#pragma once
#include <memory>
#include <mutex>

#include "feast/registry/registry.h"

namespace feast {

/// A registry for a server: its readers never wait for the store and never see it fail, once it has
/// been read. They get the generation of the last refresh or write; somebody must ask for
/// refreshes. Thread-safe.
class ServingRegistry final : public Registry {
 public:
  explicit ServingRegistry(std::unique_ptr<Registry> registry);

  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override;
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override;
  bool MayHaveChanged() override { return registry_->MayHaveChanged(); }
  Status Mutate(const CallContext& context, const RegistryMutation& mutation) override;
  Status Teardown() override;

 private:
  std::shared_ptr<const RegistrySnapshot> Current();
  /// Unless a later one is there already.
  std::shared_ptr<const RegistrySnapshot> Publish(std::shared_ptr<const RegistrySnapshot> snapshot);

  const std::unique_ptr<Registry> registry_;
  std::mutex mutex_;                                  ///< held to copy pointers only
  std::shared_ptr<const RegistrySnapshot> current_;   // guarded by mutex_
  std::shared_ptr<const RegistrySnapshot> previous_;  // guarded by mutex_
};

}  // namespace feast
