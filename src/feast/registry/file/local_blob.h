#pragma once
#include <filesystem>
#include <memory>

#include "feast/registry/file/registry_blob.h"

namespace feast {

/// A registry in a local file. Writers of ours exclude each other with `.<name>.lock` beside it; a
/// write goes to a temporary file beside it, is synced, and renamed over it, so a crash leaves the
/// old or the new bytes. The folder is made, permissions are kept, a symbolic link keeps pointing
/// to its target.
std::unique_ptr<RegistryBlob> MakeLocalBlob(std::filesystem::path path);

}  // namespace feast
