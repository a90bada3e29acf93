#include "feast/offline/batch_module.h"

#include "feast/base/shared_module.h"

namespace feast {
namespace {

Result<BatchModule*> Open() {
  constexpr const char* kFile = "libfeast_batch.so";
  FEAST_ASSIGN_OR_RETURN(void* const entry, OpenSharedModule(kFile, "feast_batch", "batch work"));
  BatchModule* module = reinterpret_cast<BatchEntry*>(entry)(FEAST_BATCH_BUILD_ID);
  if (!module) return OtherBuild(kFile);
  return module;
}

}  // namespace

Result<BatchModule*> OpenBatchModule() {
  static const Result<BatchModule*> kModule = Open();
  return kModule;
}

}  // namespace feast
