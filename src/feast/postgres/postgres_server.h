#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "feast/base/result.h"
#include "feast/config/settings.h"

namespace feast {

/// Where a PostgreSQL is and how to come in: what the settings of all our stores on it share.
struct PostgresServer {
  std::string host;  ///< a name, an address, several with commas, or a folder with a socket
  int64_t port = 5432;
  std::string database;
  std::string schema = "public";
  std::string user;
  std::string password;
  /// Connections of one event loop: as upstream has a pool a worker.
  size_t min_connections = 1;
  size_t max_connections = 1;
  /// TLS and keep-alive, in libpq's words.
  std::vector<std::pair<std::string, std::string>> libpq_options;

  /// "PostgreSQL at host:port/database": where in every message; never the password.
  std::string Where() const;
  /// What upstream sets: the schema, then public; escaped as `options` of libpq want it.
  std::string SearchPath() const;
  /// All that libpq wants to know to connect, but the host.
  std::vector<std::pair<std::string, std::string>> Parameters() const;
};

/// Reads the keys; paths are relative to `repo_path`. Errors are FeastConfigErrors with file and
/// line; none shows the password.
Status ReadPostgresServer(SettingsReader& reader, const std::string& file,
                          const std::string& repo_path, PostgresServer* server);

/// An integer; FeastConfigError unless it is in the range.
Result<int64_t> ReadIntBetween(SettingsReader& reader, const std::string& file,
                               std::string_view key, int64_t fallback, int64_t least, int64_t most);

}  // namespace feast
