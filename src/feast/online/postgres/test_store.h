#pragma once
/// Stores on a PostgreSQL of the tests.
#include "feast/online/postgres/postgres_store.h"
#include "feast/postgres/test_postgres.h"

namespace feast {

inline Result<std::unique_ptr<OnlineStore>> TryOpenStore(const TestPostgres& server,
                                                         const std::string& schema,
                                                         std::vector<Setting::Entry> more = {}) {
  OnlineStoreEnv env;
  env.repo_path = server.folder();
  env.config_file = "feature_store.yaml";
  env.project = "proj";
  return PostgresStoreType().open(server.Settings(schema, std::move(more)), env);
}

/// Null, with a test failure, when it cannot be opened.
inline std::unique_ptr<OnlineStore> OpenStore(const TestPostgres& server, const std::string& schema,
                                              std::vector<Setting::Entry> more = {}) {
  auto store = TryOpenStore(server, schema, std::move(more));
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  return store.ok() ? *std::move(store) : nullptr;
}

}  // namespace feast
