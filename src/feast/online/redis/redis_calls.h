#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "feast/online/redis/redis_session.h"

namespace feast {

/// Commands sent to Redis for a caller that waits for the answers. Thread-compatible; blocks, so
/// not for the thread of the loop. Errors among the answers are failures of the call.
class RedisCalls {
 public:
  struct Command {
    std::vector<std::string> words;
    size_t key_at = 1;  ///< which word is the key
  };
  /// Which servers share the keys among them.
  struct Servers {
    std::vector<RedisEndpoint> all;  ///< without a cluster: one without a name
    ClusterMap slots;                ///< of a cluster
    bool moves_slots = false;        ///< keys go from one server to another at this moment
  };
  using Work = std::function<void(RedisSession& session)>;

  /// `run_on_loop` has the work done on the loop of the session.
  RedisCalls(CallContext context, std::function<void(Work)> run_on_loop)
      : context_(std::move(context)), run_on_loop_(std::move(run_on_loop)) {}

  /// As the cluster says now.
  Result<Servers> FindServers() const;
  /// Asks one of them.
  Result<RedisReply> Call(const RedisEndpoint& server, std::vector<std::string> words) const;
  /// Sends commands to where their keys are.
  Result<std::vector<RedisReply>> CallByKey(std::vector<Command> commands) const;

 private:
  Result<Servers> FindPrimaries() const;

  const CallContext context_;
  const std::function<void(Work)> run_on_loop_;
};

}  // namespace feast
