#pragma once
#include <functional>
#include <vector>

#include "feast/online/online_store.h"
#include "feast/online/postgres/postgres_exchange_internal.h"
#include "feast/online/postgres/postgres_options.h"

namespace feast {

/// Runs statements as one transaction and waits for them.
using RunPostgres =
    std::function<Result<std::vector<PostgresResult>>(std::vector<PostgresStatement>)>;

/// Creates the schema and the tables of `keep` where they are not there, and drops those of
/// `drop` with all their versions, but never one that is kept: one transaction, after the schema.
Status ChangeTables(const RunPostgres& run, const Libpq& libpq, const PostgresOptions& options,
                    const InfrastructureChange& change);

}  // namespace feast
