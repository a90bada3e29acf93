// The one entry point of libfeast_batch.so.
#include <string_view>

#include "feast/offline/batch_module.h"
#include "feast_batch/stores/duckdb/duckdb_store.h"
#include "feast_batch/stores/file/file_store.h"
#include "feast_batch/stores/postgres/postgres_store.h"

namespace feast {
namespace {

class Module final : public BatchModule {
  Result<std::unique_ptr<OfflineStore>> OpenOfflineStore(const std::string& type,
                                                         const Setting& options,
                                                         const OfflineStoreEnv& env) override {
    if (type == "file" || type == "dask") return OpenFileStore(type, options, env);
    if (type == "duckdb") return OpenDuckDbStore(type, options, env);
    if (type == "postgres") return OpenPostgresStore(type, options, env);
    return Status::InvalidArgument(
        "Offline store '" + type + "' is not known; known: dask, duckdb, file, postgres",
        ErrorKind::kFeastOfflineStoreInvalidName);
  }
};

}  // namespace
}  // namespace feast

// NOLINTNEXTLINE(readability-identifier-naming): a C symbol
extern "C" feast::BatchModule* feast_batch(const char* build_id) {
  static feast::Module module;
  return std::string_view(build_id) == FEAST_BATCH_BUILD_ID ? &module : nullptr;
}
