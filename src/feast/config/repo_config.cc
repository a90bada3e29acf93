#include "feast/config/repo_config.h"

#include <algorithm>

#include "feast/config/store_types.h"
#include "feast/config/yaml_loader.h"
#include "feast/definitions/names.h"

namespace feast {
namespace {

using Kind = Setting::Kind;

constexpr const char* kDataQuality = "data_quality_monitoring";

/// Reads one file's settings, section after section, into a RepoConfig.
class ConfigReader {
 public:
  explicit ConfigReader(RepoConfig* config)
      : config_(*config), file_(config->file), top_(file_, "", config->root) {}

  Status Read() {
    if (config_.root.kind != Kind::kMap) {
      return ConfigError(file_, config_.root.line, "expected a mapping with at least 'project'");
    }
    FEAST_RETURN_IF_ERROR(ReadStores());
    FEAST_RETURN_IF_ERROR(ReadProject());
    FEAST_RETURN_IF_ERROR(ReadRegistry());
    FEAST_RETURN_IF_ERROR(ReadAuth());
    FEAST_RETURN_IF_ERROR(ReadSwitches());
    FEAST_RETURN_IF_ERROR(ReadMaterialization());
    FEAST_RETURN_IF_ERROR(ReadIntegrations());
    FEAST_RETURN_IF_ERROR(ReadNative());
    WarnOfUnknown(top_);
    return Status::OK();
  }

 private:
  Status ReadProject() {
    FEAST_ASSIGN_OR_RETURN(config_.project, top_.String("project", std::nullopt));
    FEAST_ASSIGN_OR_RETURN(config_.project_description, top_.String("project_description", ""));
    FEAST_ASSIGN_OR_RETURN(config_.provider, top_.String("provider", "local"));
    const int line = top_.LineOf("project");
    const Status named = CheckProjectName(config_.project);
    if (!named.ok()) return ConfigError(file_, line, "project: " + named.message());
    if (config_.online_store_type == "sqlite" && config_.project.find('-') != std::string::npos) {
      return ConfigError(file_, line,
                         "project: Project names for SQLite online stores cannot contain hyphens "
                         "because they are used in table names: '" +
                             config_.project + "'");
    }
    return Status::OK();
  }

  Status ReadRegistry() {
    const Setting* node = top_.Node("registry");
    if (!node || node->kind == Kind::kNull) {
      return Status::InvalidArgument(
          file_ + ": registry: Registry is not set, but is required (a path or a mapping)",
          ErrorKind::kFeastRegistryNotSet);
    }
    config_.registry = node->IsString() ? Setting::Map({{"path", *node}}, node->line) : *node;
    if (config_.registry.kind != Kind::kMap) {
      return ConfigError(file_, node->line, "registry: expected a path or a mapping");
    }
    SettingsReader reader(file_, "registry", config_.registry);
    FEAST_ASSIGN_OR_RETURN(
        config_.registry_type,
        reader.Choice("registry_type", {"file", "sql", "remote", "snowflake.registry"}, "file"));
    FEAST_ASSIGN_OR_RETURN(config_.registry_path, reader.String("path", ""));
    if (config_.registry_path.empty() && config_.registry_type != "snowflake.registry") {
      return ConfigError(file_, reader.LineOf("path"), "registry.path: required, but missing");
    }
    FEAST_ASSIGN_OR_RETURN(config_.registry_cache_ttl_seconds,
                           reader.Int("cache_ttl_seconds", 600));
    FEAST_RETURN_IF_ERROR(reader.Choice("cache_mode", {"sync", "thread"}, "sync").status());
    FEAST_RETURN_IF_ERROR(reader.String("registry_store_type", "").status());
    FEAST_RETURN_IF_ERROR(reader.Bool("purge_feast_metadata", false).status());
    FEAST_ASSIGN_OR_RETURN(config_.enable_online_feature_view_versioning,
                           reader.Bool("enable_online_feature_view_versioning", false));
    // Nothing to switch on: views always serve while they are being materialized.
    FEAST_RETURN_IF_ERROR(reader.Bool("serve_features_while_materializing", false).status());
    (void)reader.Node("s3_additional_kwargs");
    if (const Setting* mcp = reader.Node("mcp")) {
      SettingsReader mcp_reader(file_, "registry.mcp", *mcp);
      FEAST_RETURN_IF_ERROR(mcp_reader.Bool("enabled", false).status());
      WarnOfUnknown(mcp_reader);
    }
    FEAST_RETURN_IF_ERROR(ReadRegistryOfType(&reader));
    WarnOfUnknown(reader);
    return Status::OK();
  }

  Status ReadRegistryOfType(SettingsReader* reader) {
    if (config_.registry_type == "sql") {
      FEAST_RETURN_IF_ERROR(reader->String("read_path", "").status());
      FEAST_RETURN_IF_ERROR(reader->Int("thread_pool_executor_worker_count", 0).status());
      FEAST_RETURN_IF_ERROR(
          reader->Choice("schema_mode", {"auto", "verify", "skip"}, "auto").status());
      (void)reader->Node("sqlalchemy_config_kwargs");
    } else if (config_.registry_type == "remote") {
      FEAST_RETURN_IF_ERROR(reader->Bool("is_tls", false).status());
      for (const char* key : {"cert", "client_cert", "client_key", "authority"}) {
        FEAST_RETURN_IF_ERROR(reader->String(key, "").status());
      }
    } else if (config_.registry_type == "snowflake.registry") {
      for (const char* key :
           {"config_path", "connection_name", "account", "user", "password", "role", "warehouse",
            "authenticator", "private_key", "private_key_content", "private_key_passphrase",
            "database", "schema"}) {
        FEAST_RETURN_IF_ERROR(reader->String(key, "").status());
      }
    }
    return Status::OK();
  }

  /// A section that may be a type alone; the type is made canonical, the section a mapping.
  Result<std::string> ReadTyped(std::string_view key, std::string_view fallback,
                                std::span<const StoreTypeName> types, std::string_view suffix,
                                ErrorKind kind, Setting* section) {
    const Setting* node = top_.Node(key);
    const int line = node ? node->line : 0;
    if (!node || node->kind == Kind::kNull) {
      *section = Setting::Map({});
    } else if (node->IsString()) {
      *section = Setting::Map({{"type", *node}}, line);
    } else if (node->kind == Kind::kMap) {
      *section = *node;
    } else {
      return ConfigError(file_, line, std::string(key) + ": expected a type or a mapping");
    }
    SettingsReader reader(file_, std::string(key), *section);
    FEAST_ASSIGN_OR_RETURN(const std::string given, reader.String("type", std::string(fallback)));
    const std::string canonical = CanonicalType(types, given);
    if (!canonical.empty()) return canonical;
    if (given.find('.') != std::string::npos && given.ends_with(suffix)) return given;
    return Status(
        StatusCode::kInvalidArgument,
        ConfigError(file_, reader.LineOf("type"),
                    std::string(key) + ".type: '" + given + "' is not one of " + TypeNames(types) +
                        ", nor a class path that ends with '" + std::string(suffix) + "'")
            .message(),
        kind);
  }

  Status ReadStores() {
    const Setting* online = top_.Node("online_store");
    const bool is_word = online && online->kind == Kind::kScalar;
    if (online && (online->kind == Kind::kNull ||
                   (is_word && (online->text == "none" || online->text == "None" ||
                                online->text == "NONE" || online->text == "null")))) {
      config_.online_store_type.clear();
    } else {
      FEAST_ASSIGN_OR_RETURN(
          config_.online_store_type,
          ReadTyped("online_store", "sqlite", OnlineStoreTypes(), "OnlineStore",
                    ErrorKind::kFeastOnlineStoreInvalidName, &config_.online_store));
    }
    FEAST_ASSIGN_OR_RETURN(
        config_.offline_store_type,
        ReadTyped("offline_store", "dask", OfflineStoreTypes(), "OfflineStore",
                  ErrorKind::kFeastOfflineStoreInvalidName, &config_.offline_store));
    const char* engine = config_.root.Find("batch_engine") ? "batch_engine" : "batch_engine_config";
    if (!config_.root.Find(engine)) engine = "batch_engine";
    Setting options;
    FEAST_ASSIGN_OR_RETURN(const std::string type,
                           ReadTyped(engine, "local", BatchEngineTypes(), "Engine",
                                     ErrorKind::kFeastConfigError, &options));
    if (type != "local") {
      Warn(top_.Node(engine)->line, std::string(engine) + ": " + type +
                                        ": ignored, this build materializes in its own process");
    }
    return Status::OK();
  }

  Status ReadAuth() {
    const Setting* node = top_.Node("auth");
    if (!node || node->kind == Kind::kNull) return Status::OK();
    const Setting auth = node->IsString() ? Setting::Map({{"type", *node}}, node->line) : *node;
    if (auth.kind != Kind::kMap) {
      return ConfigError(file_, node->line, "auth: expected a type or a mapping");
    }
    SettingsReader reader(file_, "auth", auth);
    FEAST_ASSIGN_OR_RETURN(config_.auth_type,
                           reader.Choice("type", {"no_auth", "kubernetes", "oidc"}, std::nullopt));
    return Status::OK();
  }

  Status ReadSwitches() {
    FEAST_ASSIGN_OR_RETURN(const int64_t version, top_.Int("entity_key_serialization_version", 3));
    const int line = top_.LineOf("entity_key_serialization_version");
    if (version < 2 || version > 3) {
      return ConfigError(file_, line,
                         "entity_key_serialization_version: expected 3 (or 2, deprecated), not " +
                             std::to_string(version));
    }
    if (version < 3) {
      Warn(line, "entity_key_serialization_version: versions below 3 are deprecated");
    }
    config_.entity_key_serialization_version = static_cast<int>(version);
    FEAST_ASSIGN_OR_RETURN(config_.coerce_tz_aware, top_.Bool("coerce_tz_aware", true));
    if (top_.Node("flags")) Warn(top_.LineOf("flags"), "flags: no longer necessary, ignored");
    if (const Setting* server = top_.Node("feature_server")) {
      FEAST_ASSIGN_OR_RETURN(config_.feature_server, ReadFeatureServer(file_, *server));
    }
    return Status::OK();
  }

  Status ReadMaterialization() {
    const Setting* node = top_.Node("materialization");
    if (!node) return Status::OK();
    SettingsReader reader(file_, "materialization", *node);
    FEAST_RETURN_IF_ERROR(reader.Bool("pull_latest_features", false).status());
    FEAST_ASSIGN_OR_RETURN(const int64_t size, reader.Int("online_write_batch_size", 0));
    const Setting* given = reader.Node("online_write_batch_size");
    if (given && given->kind != Kind::kNull) {
      if (size <= 0) {
        return ConfigError(file_, given->line,
                           "materialization.online_write_batch_size: expected a positive integer, "
                           "not " +
                               std::to_string(size));
      }
      config_.online_write_batch_size = size;
    }
    return FinishIgnoring(&reader);
  }

  /// Sections for what this build does not have: checked where upstream is strict, and said to be
  /// ignored.
  Status ReadIntegrations() {
    if (const Setting* node = top_.Node(kDataQuality)) {
      SettingsReader reader(file_, kDataQuality, *node);
      FEAST_RETURN_IF_ERROR(reader.Bool("auto_baseline", true).status());
      FEAST_RETURN_IF_ERROR(reader.Finish());
      Warn(node->line,
           std::string(kDataQuality) + ": ignored, this build monitors no data quality");
    }
    if (const Setting* node = top_.Node("embedding_model"); node && node->kind != Kind::kNull) {
      SettingsReader reader(file_, "embedding_model", *node);
      FEAST_RETURN_IF_ERROR(reader.String("provider", "sentence_transformers").status());
      FEAST_RETURN_IF_ERROR(reader.String("model", std::nullopt).status());
      FEAST_RETURN_IF_ERROR(reader.Finish());
      Warn(node->line, "embedding_model: ignored, vector search is not supported yet");
    }
    for (const char* section : {"openlineage", "mlflow"}) {
      const Setting* node = top_.Node(section);
      if (!node) continue;
      SettingsReader reader(file_, section, *node);
      FEAST_ASSIGN_OR_RETURN(const bool enabled, reader.Bool("enabled", false));
      if (enabled)
        Warn(node->line, std::string(section) + ": ignored, this build reports nothing to it");
    }
    return Status::OK();
  }

  Status ReadNative() {
    const Setting* node = top_.Node("native");
    if (!node) return Status::OK();
    config_.native = *node;
    SettingsReader reader(file_, "native", config_.native);
    FEAST_ASSIGN_OR_RETURN(const std::string ttl,
                           reader.Choice("online_ttl", {"flag", "enforce", "ignore"}, "flag"));
    config_.online_ttl = ttl == "enforce"  ? OnlineTtl::kEnforce
                         : ttl == "ignore" ? OnlineTtl::kIgnore
                                           : OnlineTtl::kFlag;
    FEAST_ASSIGN_OR_RETURN(const std::string zone,
                           reader.Choice("sqlite_time_zone", {"utc", "host"}, "utc"));
    config_.sqlite_host_time_zone = zone == "host";
    if (const Setting* on_demand = reader.Node("on_demand")) {
      SettingsReader on_demand_reader(file_, "native.on_demand", *on_demand);
      FEAST_ASSIGN_OR_RETURN(config_.allow_pickled, on_demand_reader.Bool("allow_pickled", false));
      FEAST_ASSIGN_OR_RETURN(config_.python_full_names,
                             on_demand_reader.Bool("python_full_names", false));
      FEAST_RETURN_IF_ERROR(on_demand_reader.Finish());
    }
    // Read by the offline store when it is opened.
    for (const char* section : {"duckdb", "historical", "object_storage", "parquet"}) {
      (void)reader.Node(section);
    }
    if (const Setting* server = reader.Node("server")) {
      FEAST_ASSIGN_OR_RETURN(config_.server_limits, ReadServerLimits(file_, *server));
    }
    return reader.Finish();
  }

  void Warn(int line, const std::string& what) {
    config_.warnings.push_back(ConfigError(file_, line, what).message());
  }

  void WarnOfUnknown(const SettingsReader& reader) {
    for (const std::string& key : reader.UnknownKeys()) {
      Warn(reader.LineOf(key),
           reader.PathOf(key) + ": unknown option, ignored (known: " + reader.KnownKeys() + ")");
    }
  }

  /// A mapping whose unknown keys upstream ignores.
  Status FinishIgnoring(SettingsReader* reader) {
    WarnOfUnknown(*reader);
    for (const std::string& key : reader->UnknownKeys()) (void)reader->Node(key);
    return reader->Finish();
  }

  RepoConfig& config_;
  const std::string& file_;
  SettingsReader top_;
};

}  // namespace

Result<RepoConfig> ParseRepoConfig(std::string_view yaml, const std::filesystem::path& repo_path,
                                   std::string file, const Environment& environment) {
  RepoConfig config;
  config.repo_path = repo_path;
  config.file = std::move(file);
  FEAST_ASSIGN_OR_RETURN(const std::string text, ExpandVariables(yaml, config.file, environment));
  FEAST_ASSIGN_OR_RETURN(config.root, LoadYaml(text, config.file));
  FEAST_RETURN_IF_ERROR(ConfigReader(&config).Read());
  return config;
}

}  // namespace feast
