#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "feast/base/result.h"
#include "feast/online/store_type.h"

namespace feast {

/// `online_store: {type: postgres, …}` of feature_store.yaml.
struct PostgresOptions {
  std::string host;  ///< a name, an address, several with commas, or a folder with a socket
  int64_t port = 5432;
  std::string database;
  std::string schema = "public";
  std::string user;
  std::string password;
  /// Connections of one event loop: as upstream has a pool a worker.
  size_t min_connections = 1;
  size_t max_connections = 1;
  bool with_numbers = false;  ///< enable_openai_compatible_store: the column value_num
  bool with_vectors = false;  ///< vector_enabled: vector_value has pgvector's type
  /// TLS and keep-alive, in libpq's words.
  std::vector<std::pair<std::string, std::string>> libpq_options;

  /// "PostgreSQL at host:port/database": where in every message; never the password.
  std::string Where() const;
  /// What upstream sets: the schema, then public; escaped as `options` of libpq want it.
  std::string SearchPath() const;
};

/// Errors are FeastConfigErrors with file and line; none shows the password.
Result<PostgresOptions> ReadPostgresOptions(const Setting& setting, const OnlineStoreEnv& env);

}  // namespace feast
