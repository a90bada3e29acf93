#pragma once
#include <array>
#include <memory>

#include "feast/online/redis/redis_connection.h"
#include "feast/online/redis/redis_options.h"

namespace feast {

/// Small reads, large ones and writes have a connection each, so that none waits for another.
enum class RedisLane { kReads, kLargeReads, kWrites };

/// One server and the connections to it from one event loop, made as they are needed. Single-core.
class RedisNode {
 public:
  /// `peer` without its script.
  RedisNode(boost::asio::io_context& context, RedisPeer peer, bool guards_writes);
  /// Finishes what is open with Cancelled.
  ~RedisNode() = default;

  RedisConnection& connection(RedisLane lane);
  const RedisEndpoint& endpoint() const { return peer_.endpoint; }
  /// Whether no request waits for it.
  bool idle() const;
  /// Gives up the connections, which finishes what is open with Cancelled.
  void Close();

 private:
  boost::asio::io_context& context_;
  const RedisPeer peer_;
  const bool guards_writes_;
  std::array<std::shared_ptr<RedisConnection>, 3> lanes_;
};

}  // namespace feast
