#pragma once
#include <cstdint>
#include <memory>

#include "feast/base/clock.h"
#include "feast/registry/file/registry_blob.h"
#include "feast/registry/registry.h"

namespace feast {

/// `registry.cache_mode` of feature_store.yaml: with kSync a changed blob is noticed before the ttl
/// ends.
enum class RegistryCacheMode { kSync, kThread };

/// A registry over one blob: cache, optimistic read-modify-write, checks of what is read. A ttl of
/// 0 never ends. Nothing is read before the first call. `clock` must outlive the registry.
std::unique_ptr<Registry> MakeBlobRegistry(std::unique_ptr<RegistryBlob> blob,
                                           int64_t cache_ttl_seconds, RegistryCacheMode cache_mode,
                                           const Clock& clock);

}  // namespace feast
