#pragma once
#include <filesystem>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/registry/file/registry_blob.h"

namespace feast {

/// Takes the advisory lock (flock) on `path`, which is created if need be; the kernel releases it
/// when the process dies. Excludes threads and processes alike. Polls, so that `context` can end
/// the wait.
Result<std::unique_ptr<BlobLock>> LockFile(const std::filesystem::path& path,
                                           const CallContext& context);

}  // namespace feast
