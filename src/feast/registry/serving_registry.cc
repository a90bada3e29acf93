#include "feast/registry/serving_registry.h"

#include <utility>

namespace feast {

ServingRegistry::ServingRegistry(std::unique_ptr<Registry> registry,
                                 std::chrono::milliseconds interval)
    : registry_(std::move(registry)) {
  if (interval <= std::chrono::milliseconds::zero()) return;
  watcher_ = std::jthread([this, interval](const std::stop_token& stop) { Watch(stop, interval); });
}

void ServingRegistry::Watch(const std::stop_token& stop, std::chrono::milliseconds interval) {
  std::unique_lock lock(waiting_);
  while (!woken_.wait_for(lock, stop, interval, [] { return false; }) && !stop.stop_requested()) {
    if (!Current()) continue;  // nobody has asked yet
    if (auto snapshot = registry_->Cached(); snapshot.ok()) Publish(*std::move(snapshot));
  }
}

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
  const std::lock_guard lock(mutex_);
  if (!current_ || current_->generation() <= snapshot->generation()) std::swap(current_, snapshot);
  return current_;
}

}  // namespace feast
