#pragma once
#include <array>
#include <memory>

#include "feast/online/redis/primary_finder.h"
#include "feast/online/redis/read_plan.h"
#include "feast/online/redis/redis_connection.h"
#include "feast/online/redis/redis_options.h"

namespace feast {

/// The store's connections and plans on one event loop. Single-core.
class RedisSession {
 public:
  /// Small reads, large ones and writes have a connection each, so that none waits for another.
  enum class Lane { kReads, kLargeReads, kWrites };

  RedisSession(boost::asio::io_context& context, std::shared_ptr<const RedisOptions> options);

  const RedisOptions& options() const { return *options_; }
  ReadPlans& plans() { return plans_; }
  RedisConnection& connection(Lane lane);

 private:
  boost::asio::io_context& context_;
  const std::shared_ptr<const RedisOptions> options_;
  ReadPlans plans_;
  std::unique_ptr<PrimaryFinder> finder_;  // with sentinels only
  std::array<std::shared_ptr<RedisConnection>, 3> lanes_;
};

}  // namespace feast
