// The one entry point of libfeast_batch.so.
#include <string_view>

#include "feast/offline/batch_module.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"
#include "feast_batch/stores/duckdb/duckdb_store.h"
#include "feast_batch/stores/file/file_store.h"
#include "feast_batch/stores/postgres/postgres_store.h"
#include "feast_batch/tables/exported_rows.h"
#include "feast_batch/tables/table_file.h"

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

  Result<OwnedStream> ReadTable(const std::string& path) override {
    return Guarded([&]() -> Result<OwnedStream> {
      FEAST_ASSIGN_OR_RETURN(auto reader, ReadTableFile(path));
      return ExportStream(std::move(reader));
    });
  }

  Status WriteTable(const CallContext& context, const std::string& path,
                    OwnedStream rows) override {
    return Guarded([&]() -> Status {
      FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(rows)));
      context.EnterStage(Progress::Stage::kWriting);
      return WriteTableFile(context, *reader, path);
    });
  }

  Result<std::vector<std::string>> ExportRows(const CallContext& context,
                                              const OfflineStoreEnv& env, const Staging& staging,
                                              OwnedStream rows) override {
    return Guarded([&]() -> Result<std::vector<std::string>> {
      FEAST_ASSIGN_OR_RETURN(const auto places, FilePlaces::Make(env));
      FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(rows)));
      return feast::ExportRows(context, *reader, *places, staging.location, staging.s3_endpoint);
    });
  }
};

}  // namespace
}  // namespace feast

// NOLINTNEXTLINE(readability-identifier-naming): a C symbol
extern "C" feast::BatchModule* feast_batch(const char* build_id) {
  static feast::Module module;
  return std::string_view(build_id) == FEAST_BATCH_BUILD_ID ? &module : nullptr;
}
