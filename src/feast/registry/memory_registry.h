#pragma once
#include <memory>
#include <utility>

#include "feast/registry/registry.h"

namespace feast {

/// A registry in memory, for tests of what stands above. A failed mutation changes nothing.
/// Thread-compatible.
class MemoryRegistry final : public Registry {
 public:
  explicit MemoryRegistry(core::Registry content)
      : snapshot_(RegistrySnapshot::Make(std::move(content))) {}

  Result<std::shared_ptr<const RegistrySnapshot>> Cached() override { return snapshot_; }
  Result<std::shared_ptr<const RegistrySnapshot>> Refresh() override { return snapshot_; }
  Status Mutate(const CallContext& context, const RegistryMutation& mutation) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    core::Registry next = snapshot_->proto();
    FEAST_RETURN_IF_ERROR(mutation(&next));
    snapshot_ = RegistrySnapshot::Make(std::move(next));
    return Status::OK();
  }
  Status Teardown() override {
    snapshot_ = RegistrySnapshot::Make({});
    return Status::OK();
  }
  const core::Registry& proto() const { return snapshot_->proto(); }

 private:
  std::shared_ptr<const RegistrySnapshot> snapshot_;
};

}  // namespace feast
