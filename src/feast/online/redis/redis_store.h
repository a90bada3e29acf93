#pragma once
#include "feast/online/store_type.h"

namespace feast {

/// `online_store: {type: redis}`: hashes as upstream lays them out (docs/formats/redis_online.md).
const OnlineStoreType& RedisStoreType();

}  // namespace feast
