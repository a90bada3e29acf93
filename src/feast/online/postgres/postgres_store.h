#pragma once
#include "feast/online/store_type.h"

namespace feast {

/// `online_store: {type: postgres}`: upstream's tables in PostgreSQL (storage.md §3.2).
const OnlineStoreType& PostgresStoreType();

}  // namespace feast
