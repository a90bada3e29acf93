#pragma once
#include <map>
#include <optional>
#include <string>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace feast {

/// `native.duckdb` of feature_store.yaml; paths are absolute.
struct DuckDbSettings {
  std::string repo_path;
  std::string memory_limit;  ///< as DuckDB writes it, "2GB"; empty: 80 % of the machine's
  std::optional<int64_t> threads;
  std::string temp_directory;           ///< where it spills; empty: a folder of its own in /tmp
  std::string max_temp_directory_size;  ///< "10GB"; empty: 90 % of the free space
  std::string extension_directory;      ///< empty: DuckDB's, below the home folder
  bool install_extensions = false;      ///< whether missing extensions are downloaded
  bool native_parquet = true;           ///< Parquet is read by our own reader
  std::map<std::string, std::string> attach;  ///< databases for SQL, by name; read only
};

/// Reads them; FeastConfigError names file, line and key. Without the section: the defaults.
Result<DuckDbSettings> ReadDuckDbSettings(const OfflineStoreEnv& env);

}  // namespace feast
