#include "feast/offline/batch_module.h"

#include <dlfcn.h>

#include <filesystem>

namespace feast {
namespace {

// The full path, because an interposed dlopen (sanitizers) does not see our RUNPATH.
Result<BatchModule*> Open() {
  Dl_info self{};
  if (!dladdr(reinterpret_cast<const void*>(&OpenBatchModule), &self) || !self.dli_fname) {
    return Status::Internal("cannot find the folder of libfeast_core.so");
  }
  std::error_code error;
  auto here = std::filesystem::absolute(self.dli_fname, error).parent_path();
  const std::string file = here / "libfeast_batch.so";
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* reason = dlerror();
    return Status::Unavailable("batch work needs " + file +
                               ", which cannot be opened: " + (reason ? reason : "unknown reason"));
  }
  auto* entry = reinterpret_cast<BatchEntry*>(dlsym(library, "feast_batch"));
  BatchModule* module = entry ? entry(FEAST_BATCH_BUILD_ID) : nullptr;
  if (!module) {
    return Status::Unavailable(file +
                               " is from another build than libfeast_core.so; install both again");
  }
  return module;
}

}  // namespace

Result<BatchModule*> OpenBatchModule() {
  static const Result<BatchModule*> kModule = Open();
  return kModule;
}

}  // namespace feast
