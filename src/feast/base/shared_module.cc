#include "feast/base/shared_module.h"

#include <dlfcn.h>

#include <filesystem>

namespace feast {

Result<void*> OpenSharedModule(const std::string& file, const char* entry,
                               const std::string& what) {
  // The full path, because an interposed dlopen (sanitizers) does not see our RUNPATH.
  Dl_info self{};
  if (!dladdr(reinterpret_cast<const void*>(&OpenSharedModule), &self) || !self.dli_fname) {
    return Status::Internal("cannot find the folder of libfeast_core.so");
  }
  std::error_code error;
  const auto here = std::filesystem::absolute(self.dli_fname, error).parent_path();
  const std::string path = here / file;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* function = library ? dlsym(library, entry) : nullptr;
  if (function) return function;
  const char* reason = dlerror();
  return Status::Unavailable(what + " needs " + path +
                             ", which cannot be opened: " + (reason ? reason : "unknown reason"));
}

Status OtherBuild(const std::string& file) {
  return Status::Unavailable(file +
                             " is from another build than libfeast_core.so; install both again");
}

}  // namespace feast
