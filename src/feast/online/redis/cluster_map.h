#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/online/redis/connection_string.h"
#include "feast/online/redis/redis_slot.h"
#include "feast/online/redis/reply_sink.h"

namespace feast {

/// Which servers of a Redis Cluster hold which slots, as one of them told it.
///
/// Thread-compatible. 32 KB.
class ClusterMap {
 public:
  static constexpr uint16_t kNobody = UINT16_MAX;

  /// A primary and its replicas.
  struct Shard {
    RedisEndpoint primary;
    std::vector<RedisEndpoint> replicas;
    bool operator==(const Shard&) const = default;
  };

  ClusterMap() : shard_of_slot_(kRedisSlots, kNobody) {}

  /// Reads the answer of the server at `asked` to CLUSTER SLOTS, which Redis 3 to 8 and the managed
  /// services know (CLUSTER SHARDS began with 7.0). Servers are taken as they are announced; one
  /// without a host has that of `asked`, one whose name is unknown its address. DataLoss for
  /// anything else.
  static Result<ClusterMap> Parse(const RedisReply& reply, const RedisEndpoint& asked);

  /// The index in `shards`, or kNobody.
  uint16_t ShardOf(uint16_t slot) const { return shard_of_slot_[slot]; }
  const std::vector<Shard>& shards() const { return shards_; }
  /// How many slots anybody serves; looks at all of them.
  size_t served() const;

  /// Notes that a slot has moved; gives the shard, which is a new one when `to` is no primary.
  uint16_t Move(uint16_t slot, const RedisEndpoint& to);

  bool operator==(const ClusterMap&) const = default;

 private:
  uint16_t ShardAt(const RedisEndpoint& primary);

  std::vector<Shard> shards_;
  std::vector<uint16_t> shard_of_slot_;
};

}  // namespace feast
