#pragma once
#include "feast/base/result.h"
#include "feast/online/store_type.h"
#include "feast/postgres/postgres_server.h"

namespace feast {

/// `online_store: {type: postgres, …}` of feature_store.yaml.
struct PostgresOptions : PostgresServer {
  bool with_numbers = false;  ///< enable_openai_compatible_store: the column value_num
  bool with_vectors = false;  ///< vector_enabled: vector_value has pgvector's type
};

/// Errors are FeastConfigErrors with file and line; none shows the password.
Result<PostgresOptions> ReadPostgresOptions(const Setting& setting, const OnlineStoreEnv& env);

}  // namespace feast
