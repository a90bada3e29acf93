#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/config/environment.h"
#include "feast/config/feature_server_settings.h"
#include "feast/config/settings.h"

namespace feast {

/// Upstream ignores ttl online; `native.online_ttl` says what we do (design.md §6).
enum class OnlineTtl { kFlag, kEnforce, kIgnore };

/// feature_store.yaml, checked. Sections that belong to a backend stay Settings for that backend,
/// always as mappings: a store given as a string is a mapping with its `type`, a registry given as
/// a string one with its `path`. Immutable once loaded.
struct RepoConfig {
  std::filesystem::path repo_path;
  std::string file;  ///< for messages: the yaml's path, or "FEATURE_STORE_YAML_BASE64"
  std::string project;
  std::string project_description;
  std::string provider = "local";

  std::string registry_type = "file";
  Setting registry;  ///< the whole section
  std::string registry_path = "data/registry.db";
  int64_t registry_cache_ttl_seconds = 600;
  bool enable_online_feature_view_versioning = false;

  std::string online_store_type = "sqlite";  ///< empty: no online store
  Setting online_store;
  std::string offline_store_type = "dask";
  Setting offline_store;
  std::string auth_type = "no_auth";
  FeatureServerSettings feature_server;

  int entity_key_serialization_version = 3;
  bool coerce_tz_aware = true;
  std::optional<int64_t> online_write_batch_size;

  OnlineTtl online_ttl = OnlineTtl::kFlag;
  bool sqlite_host_time_zone = false;  ///< `native.sqlite_time_zone: host`
  bool allow_pickled = false;
  ServerLimits server_limits;      ///< `native.server`
  bool python_full_names = false;  ///< `native.on_demand.python_full_names`
  Setting native;

  Setting root;                       ///< the whole file, for `feast configuration`
  std::vector<std::string> warnings;  ///< ignored keys and the like, ready to print
};

/// Where to find the file: `-f`, FEAST_FS_YAML_FILE_PATH, FEATURE_STORE_YAML_BASE64, else the
/// folder. A relative `yaml_file` starts at `repo_path`.
struct ConfigLocation {
  std::filesystem::path repo_path = ".";
  std::optional<std::filesystem::path> yaml_file;
};

/// Loads and checks. FeastConfigError names file, line, key and the allowed values; a file that is
/// not there is FileNotFoundError. `$NAME` and `${NAME}` are replaced from the environment (an
/// undefined `${NAME}` is an error, a bare undefined `$word` stays).
Result<RepoConfig> LoadRepoConfig(const ConfigLocation& location,
                                  const Environment& environment = ProcessEnvironment());
/// The same from text; `file` is for messages.
Result<RepoConfig> ParseRepoConfig(std::string_view yaml, const std::filesystem::path& repo_path,
                                   std::string file,
                                   const Environment& environment = ProcessEnvironment());

/// What `feast configuration` prints: the file after substitution with the defaults of the stores,
/// as YAML, keys in upstream's order.
Result<std::string> RenderConfiguration(const RepoConfig& config);

}  // namespace feast
