#pragma once
#include <vector>

#include "feast/online/online_store.h"

namespace feast {

struct PostgresExchange;
struct Libpq;

/// The exchange that answers these reads in one round trip, one statement a table. The rows that
/// `done` gets point into the server's answer. Costs one copy of the keys.
std::unique_ptr<PostgresExchange> ReadExchange(const Libpq& libpq, const CallContext& context,
                                               std::vector<TableRead> reads, ReadDone done);

}  // namespace feast
