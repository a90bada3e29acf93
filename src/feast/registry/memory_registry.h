#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "feast/registry/registry.h"

namespace feast {

/// A registry in memory, for tests of what stands above. A failed mutation changes nothing.
/// Thread-safe.
class MemoryRegistry final : public Registry {
 public:
  explicit MemoryRegistry(core::Registry content)
      : snapshot_(RegistrySnapshot::Make(std::move(content))) {}

  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override {
    if (broken) return Status::Unavailable("registry is gone");
    return Snapshot();
  }
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override {
    ++refreshes;
    return Cached();
  }
  Status Mutate(const CallContext& context, const RegistryMutation& mutation) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    const std::lock_guard lock(mutex_);
    core::Registry next = snapshot_->proto();
    FEAST_RETURN_IF_ERROR(mutation(&next));
    snapshot_ = RegistrySnapshot::Make(std::move(next));
    return Status::OK();
  }
  Status Teardown() override {
    Reset({});
    return Status::OK();
  }

  void Reset(core::Registry content) {
    const std::lock_guard lock(mutex_);
    snapshot_ = RegistrySnapshot::Make(std::move(content));
  }

  /// What it holds now; valid until the next change.
  const core::Registry& proto() { return Snapshot()->proto(); }
  core::FeatureViewState StateOf(int view) { return proto().feature_views(view).meta().state(); }

  std::atomic<bool> broken{false};
  std::atomic<int> refreshes{0};

 private:
  std::shared_ptr<const RegistrySnapshot> Snapshot() {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

  std::mutex mutex_;
  std::shared_ptr<const RegistrySnapshot> snapshot_;  // guarded by mutex_
};

}  // namespace feast
