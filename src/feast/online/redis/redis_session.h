#pragma once
#include <memory>

#include "feast/online/redis/primary_finder.h"
#include "feast/online/redis/read_plan.h"
#include "feast/online/redis/redis_cluster.h"
#include "feast/online/redis/redis_node.h"
#include "feast/online/redis/redis_options.h"

namespace feast {

/// The store's connections and plans on one event loop: to one server, or to those of a cluster.
/// Single-core.
class RedisSession {
 public:
  RedisSession(boost::asio::io_context& context, std::shared_ptr<const RedisOptions> options);
  /// Finishes what is open with Cancelled.
  ~RedisSession();

  const RedisOptions& options() const { return *options_; }
  ReadPlans& plans() { return plans_; }
  /// Null when there is one server.
  RedisCluster* cluster() { return cluster_.get(); }
  /// The one server; null with a cluster.
  const std::shared_ptr<RedisNode>& server() const { return server_; }

 private:
  const std::shared_ptr<const RedisOptions> options_;
  ReadPlans plans_;
  std::unique_ptr<PrimaryFinder> finder_;  // with sentinels only
  std::shared_ptr<RedisNode> server_;
  std::unique_ptr<RedisCluster> cluster_;
};

}  // namespace feast
