#pragma once
#include <filesystem>
#include <memory>

#include "feast/base/result.h"
#include "feast/registry/file/blob_registry.h"

namespace feast {

/// The registry in a local file (storage.md §4.2). A missing file reads as empty; `Refresh` and the
/// first `Mutate` create it. DataLoss for a damaged or cut-off file, which is never overwritten. A
/// folder in place of the file is refused here. `clock` must outlive the registry.
Result<std::unique_ptr<Registry>> OpenFileRegistry(const std::filesystem::path& path,
                                                   int64_t cache_ttl_seconds,
                                                   RegistryCacheMode cache_mode,
                                                   const Clock& clock);

}  // namespace feast
