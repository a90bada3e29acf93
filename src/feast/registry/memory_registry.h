#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "feast/registry/registry.h"

namespace feast {

/// A registry in memory, for tests. Thread-safe.
class MemoryRegistry final : public Registry {
 public:
  explicit MemoryRegistry(core::Registry content) : content_(std::move(content)) {}
  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override {
    if (broken) return Status::Unavailable("registry is gone");
    const std::lock_guard lock(mutex_);
    return RegistrySnapshot::Make(content_);
  }
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override {
    ++refreshes;
    return Cached();
  }
  Status Mutate(const CallContext& /*context*/, const RegistryMutation& mutation) override {
    const std::lock_guard lock(mutex_);
    core::Registry changed = content_;
    FEAST_RETURN_IF_ERROR(mutation(&changed));
    content_ = std::move(changed);
    return Status::OK();
  }
  Status Teardown() override { return Status::OK(); }

  core::FeatureViewState StateOf(int view) {
    const std::lock_guard lock(mutex_);
    return content_.feature_views(view).meta().state();
  }

  std::atomic<bool> broken{false};
  std::atomic<int> refreshes{0};

 private:
  std::mutex mutex_;
  core::Registry content_;
};

}  // namespace feast
