#pragma once
#include <functional>
#include <memory>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

/// Changes a registry in memory; not OK means: nothing is to be written.
using RegistryMutation = std::function<Status(core::Registry* registry)>;

/// Where definitions are kept: a file, object storage, tables, or another server.
///
/// Thread-safe. Readers get immutable generations; writers go through one read-modify-write that
/// loses no concurrent writer's objects and leaves the old or the new state after a crash.
class Registry {
 public:
  virtual ~Registry() = default;

  /// The current generation from the cache, which is refreshed when its ttl has passed; a failing
  /// refresh serves the last good one.
  virtual Result<std::shared_ptr<const RegistrySnapshot>> Cached() = 0;

  /// Reads the store now, and refreshes the cache.
  virtual Result<std::shared_ptr<const RegistrySnapshot>> Refresh() = 0;

  /// Whether the store says, without being read, that it holds something else than the cache. Does
  /// little; false where that cannot be told.
  virtual bool MayHaveChanged() { return false; }

  /// Reads the newest state, applies `mutation`, writes it back atomically, and refreshes the
  /// cache. A mutation may run more than once when writers collide.
  virtual Status Mutate(const CallContext& context, const RegistryMutation& mutation) = 0;

  /// Removes the store's content (teardown).
  virtual Status Teardown() = 0;
};

}  // namespace feast
