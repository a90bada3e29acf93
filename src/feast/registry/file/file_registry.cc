#include "feast/registry/file/file_registry.h"

#include "feast/registry/file/local_blob.h"

namespace feast {

Result<std::unique_ptr<Registry>> OpenFileRegistry(const std::filesystem::path& path,
                                                   int64_t cache_ttl_seconds,
                                                   RegistryCacheMode cache_mode,
                                                   const Clock& clock) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) {
    return Status::InvalidArgument("registry path '" + path.string() +
                                   "' must name a file, not a folder");
  }
  return MakeBlobRegistry(MakeLocalBlob(path), cache_ttl_seconds, cache_mode, clock);
}

}  // namespace feast
