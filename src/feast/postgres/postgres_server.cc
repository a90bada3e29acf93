#include "feast/postgres/postgres_server.h"

#include <algorithm>
#include <filesystem>

namespace feast {
namespace {

constexpr int64_t kMaxPort = 65535;
constexpr int64_t kMaxConnections = 1000;

/// A string that no message shows.
Result<std::string> Secret(SettingsReader& reader, const std::string& file, std::string_view key) {
  const Setting* node = reader.Node(key);
  if (node == nullptr || node->kind == Setting::Kind::kNull) {
    return reader.String(key, std::nullopt);  // says that it is missing
  }
  if (!node->IsString()) {
    return ConfigError(file, node->line, reader.PathOf(key) + ": expected a string (quote it)");
  }
  return node->text;
}

Status ReadPool(SettingsReader& reader, const std::string& file, PostgresServer* server) {
  FEAST_ASSIGN_OR_RETURN(const std::string type,
                         reader.Choice("conn_type", {"singleton", "pool"}, "singleton"));
  FEAST_ASSIGN_OR_RETURN(const int64_t least,
                         ReadIntBetween(reader, file, "min_conn", 1, 0, kMaxConnections));
  FEAST_ASSIGN_OR_RETURN(
      const int64_t most,
      ReadIntBetween(reader, file, "max_conn", std::max<int64_t>(10, least), 1, kMaxConnections));
  if (most < least) {
    return ConfigError(file, reader.LineOf("max_conn"),
                       reader.PathOf("max_conn") + ": is less than min_conn, " +
                           std::to_string(least) + ": " + std::to_string(most));
  }
  if (type == "pool") {
    server->min_connections = static_cast<size_t>(least);
    server->max_connections = static_cast<size_t>(most);
  }
  return Status::OK();
}

Status ReadTls(SettingsReader& reader, const std::string& repo_path, PostgresServer* server) {
  const Setting* mode = reader.Node("sslmode");
  if (mode == nullptr || mode->kind != Setting::Kind::kNull) {  // null: libpq's own default
    FEAST_ASSIGN_OR_RETURN(std::string text, reader.Choice("sslmode",
                                                           {"disable", "allow", "prefer", "require",
                                                            "verify-ca", "verify-full"},
                                                           "require"));
    server->libpq_options.emplace_back("sslmode", std::move(text));
  }
  for (const char* name : {"sslkey", "sslcert", "sslrootcert"}) {
    FEAST_ASSIGN_OR_RETURN(const std::string path, reader.String(std::string(name) + "_path", ""));
    if (path.empty()) continue;
    // "system" is libpq's word for the authorities that the host trusts.
    server->libpq_options.emplace_back(
        name, path == "system" ? path : (std::filesystem::path(repo_path) / path).string());
  }
  return Status::OK();
}

}  // namespace

Result<int64_t> ReadIntBetween(SettingsReader& reader, const std::string& file,
                               std::string_view key, int64_t fallback, int64_t least,
                               int64_t most) {
  FEAST_ASSIGN_OR_RETURN(const int64_t value, reader.Int(key, fallback));
  if (value >= least && value <= most) return value;
  return ConfigError(file, reader.LineOf(key),
                     reader.PathOf(key) + ": expected an integer from " + std::to_string(least) +
                         " to " + std::to_string(most) + ", not " + std::to_string(value));
}

std::string PostgresServer::Where() const {
  return "PostgreSQL at " + host + ":" + std::to_string(port) + "/" + database;
}

std::string PostgresServer::SearchPath() const {
  std::string path;
  for (const char c : schema) {
    if (c == ' ' || c == '\\') path += '\\';
    path += c;
  }
  return path == "public" ? path : path + ",public";
}

std::vector<std::pair<std::string, std::string>> PostgresServer::Parameters() const {
  std::vector<std::pair<std::string, std::string>> parameters = {
      {"port", std::to_string(port)},
      {"dbname", database},
      {"user", user},
      {"password", password},
      {"options", "-c search_path=" + SearchPath()},
      {"client_encoding", "UTF8"},
      {"application_name", "feast"}};
  parameters.insert(parameters.end(), libpq_options.begin(), libpq_options.end());
  return parameters;
}

Status ReadPostgresServer(SettingsReader& reader, const std::string& file,
                          const std::string& repo_path, PostgresServer* server) {
  FEAST_ASSIGN_OR_RETURN(server->host, reader.String("host", std::nullopt));
  FEAST_ASSIGN_OR_RETURN(server->port, ReadIntBetween(reader, file, "port", 5432, 1, kMaxPort));
  FEAST_ASSIGN_OR_RETURN(server->database, reader.String("database", std::nullopt));
  FEAST_ASSIGN_OR_RETURN(server->user, reader.String("user", std::nullopt));
  FEAST_ASSIGN_OR_RETURN(server->password, Secret(reader, file, "password"));
  FEAST_ASSIGN_OR_RETURN(server->schema, reader.String("db_schema", "public"));
  if (server->schema.empty()) server->schema = server->user;
  FEAST_RETURN_IF_ERROR(ReadPool(reader, file, server));
  FEAST_RETURN_IF_ERROR(ReadTls(reader, repo_path, server));
  const Setting* idle = reader.Node("keepalives_idle");
  if (idle == nullptr || idle->kind == Setting::Kind::kNull) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(const int64_t seconds,
                         ReadIntBetween(reader, file, "keepalives_idle", 0, 0, INT32_MAX));
  server->libpq_options.emplace_back("keepalives_idle", std::to_string(seconds));
  return Status::OK();
}

}  // namespace feast
