#include "feast/base/shared_module.h"
#include "feast_batch/stores/duckdb/duckdb_engine.h"

namespace feast {
namespace {

Result<DuckDbEngine*> Load() {
  constexpr const char* kFile = "libfeast_duckdb_engine.so";
  FEAST_ASSIGN_OR_RETURN(void* const entry,
                         OpenSharedModule(kFile, "feast_duckdb", "the duckdb offline store"));
  DuckDbEngine* engine = reinterpret_cast<DuckDbEntry*>(entry)(FEAST_DUCKDB_BUILD_ID);
  if (!engine) return OtherBuild(kFile);
  return engine;
}

}  // namespace

Result<DuckDbEngine*> LoadDuckDbEngine() {
  static const Result<DuckDbEngine*> kEngine = Load();
  return kEngine;
}

}  // namespace feast
