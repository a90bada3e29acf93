#pragma once
#include "feast/online/store_type.h"

namespace feast {

/// `online_store: {type: sqlite}`: one file, upstream's tables (storage.md §3.1).
const OnlineStoreType& SqliteStoreType();

}  // namespace feast
