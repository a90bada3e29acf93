#pragma once
#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/offline/offline_store.h"
#include "feast/offline/staging.h"

namespace feast {

class Setting;

/// What an offline store gets when it is opened.
struct OfflineStoreEnv {
  std::string repo_path;
  std::string config_file;
  const Setting* native = nullptr;  ///< the section `native`; null: none; read while opening only
};

/// What libfeast_batch.so offers: everything that needs Arrow C++. Lives as long as the process,
/// thread-safe, throws nothing. No Arrow C++ type crosses: columns go as Arrow C streams.
class BatchModule {
 public:
  virtual ~BatchModule() = default;

  /// Opens the store of that `type:` word; FeastOfflineStoreInvalidName lists the known ones.
  virtual Result<std::unique_ptr<OfflineStore>> OpenOfflineStore(const std::string& type,
                                                                 const Setting& options,
                                                                 const OfflineStoreEnv& env) = 0;

  /// The rows of a file on this machine: CSV if its name ends in `.csv`, else Parquet. NotFound
  /// (FileNotFoundError) if there is none; InvalidArgument, naming it, if it cannot be read.
  virtual Result<OwnedStream> ReadTable(const std::string& path) = 0;
  /// Writes rows batch by batch to such a file, which others see when it is whole. On failure,
  /// also of `context`, nothing is left behind.
  virtual Status WriteTable(const CallContext& context, const std::string& path,
                            OwnedStream rows) = 0;

  /// Writes rows as Parquet files into a fresh folder below that location and gives their paths or
  /// uris; some rows at a time. On failure nothing is left behind.
  virtual Result<std::vector<std::string>> ExportRows(const CallContext& context,
                                                      const OfflineStoreEnv& env,
                                                      const Staging& staging, OwnedStream rows) = 0;
};

/// Opens libfeast_batch.so beside this library, once per process; it is never closed.
/// Unavailable, naming the file, if it is missing or from another build.
Result<BatchModule*> OpenBatchModule();

/// The entry point, `extern "C" feast_batch`: null if `build_id` is not the module's own.
using BatchEntry = BatchModule*(const char* build_id);

}  // namespace feast
