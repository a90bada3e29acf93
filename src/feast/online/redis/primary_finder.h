#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "feast/online/redis/redis_connection.h"
#include "feast/online/redis/redis_options.h"

namespace feast {

/// Asks sentinels where the primary is. Single-core; one connection to each sentinel that was
/// asked, without password or TLS, as upstream's client talks to them.
class PrimaryFinder {
 public:
  PrimaryFinder(boost::asio::io_context& context, std::shared_ptr<const RedisOptions> options);
  ~PrimaryFinder();

  /// The first answer of a sentinel that knows, beginning with the one that knew last; Unavailable
  /// with the last failure when none does.
  void Find(std::function<void(Result<RedisEndpoint>)> found);

 private:
  class Question;

  boost::asio::io_context& context_;
  const std::shared_ptr<const RedisOptions> options_;
  const std::shared_ptr<const RedisConnectionOptions> connection_options_;
  std::vector<std::shared_ptr<RedisConnection>> sentinels_;
  size_t first_ = 0;  // that knew last
};

}  // namespace feast
