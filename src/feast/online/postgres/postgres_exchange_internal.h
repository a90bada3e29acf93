#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/online/postgres/postgres_binary.h"
#include "feast/postgres/libpq_internal.h"

namespace feast {

/// A parameter in PostgreSQL's binary form.
struct PostgresParameter {
  PostgresType type = PostgresType::kBytes;
  std::string bytes;
};

/// One statement with its parameters; results are binary too.
struct PostgresStatement {
  std::string sql;
  std::vector<PostgresParameter> parameters;
  std::string table{};    ///< for messages
  bool prepared = false;  ///< parsed and planned once a connection
};

/// Statements that are sent together, answered together, and are one transaction: a round trip.
/// They must be such that doing them twice is as good as once: after a lost connection they are
/// tried again.
struct PostgresExchange {
  CallContext context;
  std::vector<PostgresStatement> statements;
  /// Called exactly once, with a result a statement; empty once it was called.
  std::function<void(Result<std::vector<PostgresResult>>)> done;
  int attempts = 0;

  bool answered() const { return done == nullptr; }
  void Answer(Result<std::vector<PostgresResult>> results) {
    if (answered()) return;
    std::exchange(done, nullptr)(std::move(results));
  }
};

}  // namespace feast
