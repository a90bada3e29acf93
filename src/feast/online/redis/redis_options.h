#pragma once
#include <cstdint>
#include <string>

#include "feast/base/result.h"
#include "feast/online/redis/connection_string.h"
#include "feast/online/store_type.h"

namespace feast {

enum class RedisTopology { kSingle, kSentinel, kCluster };

/// `online_store` of type redis. Immutable.
struct RedisOptions {
  RedisTopology topology = RedisTopology::kSingle;
  std::string sentinel_master;
  RedisConnectionOptions connection;
  int64_t key_ttl_seconds = 0;         ///< 0: keys stay
  bool full_scan_for_deletion = true;  ///< whether values of a removed view are looked for
  bool skip_dedup = false;             ///< write without comparing event times
  int entity_key_version = 3;
};

/// FeastConfigError naming file, line and key for what is wrong.
Result<RedisOptions> ReadRedisOptions(const Setting& setting, const OnlineStoreEnv& env);

}  // namespace feast
