#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "feast/online/redis/cluster_map.h"
#include "feast/online/redis/redis_node.h"
#include "feast/online/redis/redis_options.h"
#include "feast/online/redis/wait_list.h"

namespace feast {

/// A Redis Cluster as one event loop knows it: which server holds which slot, and the servers.
///
/// Single-core. The map is asked for with the first request, and again when it looks wrong: a slot
/// has moved, a server is away, a minute has passed. One question is under way at a time, and
/// requests go on with the old map meanwhile. Servers that are in no map any more are forgotten
/// once nobody uses them.
class RedisCluster {
 public:
  using TimePoint = WaitList::TimePoint;

  RedisCluster(boost::asio::io_context& context, std::shared_ptr<const RedisOptions> options);
  /// Finishes what is open with Cancelled.
  ~RedisCluster();
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  bool has_map() const { return !shards_.empty(); }
  const ClusterMap& map() const { return map_; }
  /// Calls back when the next question is answered: OK when there is a map, else why there is none;
  /// OK also at `deadline`. ResourceExhausted, and nothing else happens, when too many wait.
  Status AwaitMap(TimePoint deadline, WaitList::Woken woken);
  /// Calls back at `at`, as a WaitList does.
  Status AwaitTime(TimePoint at, WaitList::Woken woken) {
    return delays_.Add(at, std::move(woken));
  }

  /// Who has a slot: the primary at turn 0, one of the shard's servers at any other; or null.
  const std::shared_ptr<RedisNode>& NodeOf(uint16_t slot, size_t turn = 0) const;
  /// Tells requests apart for `NodeOf`; not 0 now and then.
  size_t NextTurn() { return next_turn_++; }
  /// All primaries.
  std::vector<std::shared_ptr<RedisNode>> Primaries() const;
  /// A server by its address, known so far or not.
  const std::shared_ptr<RedisNode>& At(const RedisEndpoint& endpoint);

  /// A server has said where the slot is now.
  void Moved(uint16_t slot, const RedisEndpoint& to);
  /// Asks for the map anew; when that was done just now, a little later.
  void Suspect();
  /// A request begins: the same once a minute.
  void NoteRequest();

 private:
  using Address = std::pair<std::string, uint16_t>;

  void Ask();
  void Learn(Result<ClusterMap> map);
  void Link();
  std::vector<std::shared_ptr<RedisNode>> WhomToAsk();

  boost::asio::io_context& context_;
  const std::shared_ptr<const RedisOptions> options_;
  const std::shared_ptr<const RedisConnectionOptions> connection_options_;
  const std::shared_ptr<RedisNode> nobody_;
  std::map<Address, std::shared_ptr<RedisNode>> nodes_;
  ClusterMap map_;
  /// Of each shard, the primary first.
  std::vector<std::vector<std::shared_ptr<RedisNode>>> shards_;
  bool asking_ = false;
  bool will_ask_ = false;
  size_t first_ = 0;  // of those to ask
  size_t next_turn_ = 0;
  TimePoint asked_at_;  // when the last answer came
  WaitList delays_;
  WaitList for_map_;
};

}  // namespace feast
