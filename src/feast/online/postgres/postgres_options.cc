#include "feast/online/postgres/postgres_options.h"

#include "feast/config/settings.h"

namespace feast {
namespace {

constexpr int64_t kMaxPort = 65535;
constexpr int64_t kMaxConnections = 1000;

/// A string that no message shows.
Result<std::string> Secret(SettingsReader& reader, const OnlineStoreEnv& env,
                           std::string_view key) {
  const Setting* node = reader.Node(key);
  if (node == nullptr || node->kind == Setting::Kind::kNull) {
    return reader.String(key, std::nullopt);  // says that it is missing
  }
  if (!node->IsString()) {
    return ConfigError(env.config_file, node->line,
                       reader.PathOf(key) + ": expected a string (quote it)");
  }
  return node->text;
}

Result<int64_t> IntBetween(SettingsReader& reader, const OnlineStoreEnv& env, std::string_view key,
                           int64_t fallback, int64_t least, int64_t most) {
  FEAST_ASSIGN_OR_RETURN(const int64_t value, reader.Int(key, fallback));
  if (value >= least && value <= most) return value;
  return ConfigError(env.config_file, reader.LineOf(key),
                     reader.PathOf(key) + ": expected an integer from " + std::to_string(least) +
                         " to " + std::to_string(most) + ", not " + std::to_string(value));
}

Status ReadPool(SettingsReader& reader, const OnlineStoreEnv& env, PostgresOptions* options) {
  FEAST_ASSIGN_OR_RETURN(const std::string type,
                         reader.Choice("conn_type", {"singleton", "pool"}, "singleton"));
  FEAST_ASSIGN_OR_RETURN(const int64_t least,
                         IntBetween(reader, env, "min_conn", 1, 0, kMaxConnections));
  FEAST_ASSIGN_OR_RETURN(
      const int64_t most,
      IntBetween(reader, env, "max_conn", std::max<int64_t>(10, least), 1, kMaxConnections));
  if (most < least) {
    return ConfigError(env.config_file, reader.LineOf("max_conn"),
                       reader.PathOf("max_conn") + ": is less than min_conn, " +
                           std::to_string(least) + ": " + std::to_string(most));
  }
  if (type == "pool") {
    options->min_connections = static_cast<size_t>(least);
    options->max_connections = static_cast<size_t>(most);
  }
  return Status::OK();
}

Status ReadTls(SettingsReader& reader, const OnlineStoreEnv& env, PostgresOptions* options) {
  const Setting* mode = reader.Node("sslmode");
  if (mode == nullptr || mode->kind != Setting::Kind::kNull) {  // null: libpq's own default
    FEAST_ASSIGN_OR_RETURN(std::string text, reader.Choice("sslmode",
                                                           {"disable", "allow", "prefer", "require",
                                                            "verify-ca", "verify-full"},
                                                           "require"));
    options->libpq_options.emplace_back("sslmode", std::move(text));
  }
  for (const char* name : {"sslkey", "sslcert", "sslrootcert"}) {
    FEAST_ASSIGN_OR_RETURN(const std::string path, reader.String(std::string(name) + "_path", ""));
    if (path.empty()) continue;
    // "system" is libpq's word for the authorities that the host trusts.
    options->libpq_options.emplace_back(name,
                                        path == "system" ? path : (env.repo_path / path).string());
  }
  return Status::OK();
}

}  // namespace

std::string PostgresOptions::Where() const {
  return "PostgreSQL at " + host + ":" + std::to_string(port) + "/" + database;
}

std::string PostgresOptions::SearchPath() const {
  std::string path;
  for (const char c : schema) {
    if (c == ' ' || c == '\\') path += '\\';
    path += c;
  }
  return path == "public" ? path : path + ",public";
}

Result<PostgresOptions> ReadPostgresOptions(const Setting& setting, const OnlineStoreEnv& env) {
  SettingsReader reader(env.config_file, "online_store", setting);
  PostgresOptions options;
  FEAST_ASSIGN_OR_RETURN(options.host, reader.String("host", std::nullopt));
  FEAST_ASSIGN_OR_RETURN(options.port, IntBetween(reader, env, "port", 5432, 1, kMaxPort));
  FEAST_ASSIGN_OR_RETURN(options.database, reader.String("database", std::nullopt));
  FEAST_ASSIGN_OR_RETURN(options.user, reader.String("user", std::nullopt));
  FEAST_ASSIGN_OR_RETURN(options.password, Secret(reader, env, "password"));
  FEAST_ASSIGN_OR_RETURN(options.schema, reader.String("db_schema", "public"));
  if (options.schema.empty()) options.schema = options.user;
  FEAST_RETURN_IF_ERROR(ReadPool(reader, env, &options));
  FEAST_RETURN_IF_ERROR(ReadTls(reader, env, &options));
  if (const Setting* idle = reader.Node("keepalives_idle");
      idle != nullptr && idle->kind != Setting::Kind::kNull) {
    FEAST_ASSIGN_OR_RETURN(const int64_t seconds,
                           IntBetween(reader, env, "keepalives_idle", 0, 0, INT32_MAX));
    options.libpq_options.emplace_back("keepalives_idle", std::to_string(seconds));
  }
  FEAST_ASSIGN_OR_RETURN(options.with_numbers,
                         reader.Bool("enable_openai_compatible_store", false));
  FEAST_ASSIGN_OR_RETURN(options.with_vectors, reader.Bool("vector_enabled", false));
  // For searches, which are not served yet; and every request is one round trip as it is.
  FEAST_RETURN_IF_ERROR(reader.String("similarity", "cosine").status());
  FEAST_RETURN_IF_ERROR(
      IntBetween(reader, env, "max_batched_result_rows", 2048, 0, INT64_MAX).status());
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return options;
}

}  // namespace feast
