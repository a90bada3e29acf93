#include "feast/registry/serving_registry.h"

#include <utility>

namespace feast {

ServingRegistry::ServingRegistry(std::unique_ptr<Registry> registry)
    : registry_(std::move(registry)) {}

Result<std::shared_ptr<const RegistrySnapshot>> ServingRegistry::Cached() {
  if (auto current = Current()) return current;
  FEAST_ASSIGN_OR_RETURN(auto first, registry_->Cached());
  return Publish(std::move(first));
}

Result<std::shared_ptr<const RegistrySnapshot>> ServingRegistry::Refresh() {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_->Refresh());
  return Publish(std::move(snapshot));
}

Status ServingRegistry::Mutate(const CallContext& context, const RegistryMutation& mutation) {
  FEAST_RETURN_IF_ERROR(registry_->Mutate(context, mutation));
  // What was written stays written if it cannot be read back now: the next refresh brings it.
  if (auto written = registry_->Cached(); written.ok()) Publish(*std::move(written));
  return Status::OK();
}

Status ServingRegistry::Teardown() {
  FEAST_RETURN_IF_ERROR(registry_->Teardown());
  const std::lock_guard lock(mutex_);
  current_ = nullptr;
  return Status::OK();
}

std::shared_ptr<const RegistrySnapshot> ServingRegistry::Current() {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<const RegistrySnapshot> ServingRegistry::Publish(
    std::shared_ptr<const RegistrySnapshot> snapshot) {
  // The generation before the last one ends here, after the lock: requests may still hold the last
  // one, and its end is not to fall to one of them.
  std::shared_ptr<const RegistrySnapshot> ended;
  const std::lock_guard lock(mutex_);
  if (current_ == snapshot || (current_ && current_->generation() > snapshot->generation())) {
    return current_;
  }
  ended = std::exchange(previous_, std::exchange(current_, std::move(snapshot)));
  return current_;
}

}  // namespace feast
