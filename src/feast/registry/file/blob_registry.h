#pragma once
#include <cstdint>
#include <memory>

#include "feast/base/clock.h"
#include "feast/registry/file/registry_blob.h"
#include "feast/registry/registry.h"

namespace feast {

/// Who refreshes the cache. With `registry.cache_mode` of feature_store.yaml it is the reader:
/// after the ttl, and with kSync also when the blob has changed. kServing: a refresher does, and
/// readers never wait for it.
enum class RegistryCacheMode { kSync, kThread, kServing };

/// A registry over one blob: cache, optimistic read-modify-write, checks of what is read. A ttl of
/// 0 never ends. Nothing is read before the first call. `clock` must outlive the registry.
std::unique_ptr<Registry> MakeBlobRegistry(std::unique_ptr<RegistryBlob> blob,
                                           int64_t cache_ttl_seconds, RegistryCacheMode cache_mode,
                                           const Clock& clock);

}  // namespace feast
