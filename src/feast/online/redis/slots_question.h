#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "feast/online/redis/cluster_map.h"
#include "feast/online/redis/redis_node.h"
#include "feast/online/redis/wait_list.h"

namespace feast {

/// Asks servers of a cluster which slots are whose. Single-core.
///
/// One after the other, the next as soon as one fails, or beside it once it is slow; the first that
/// tells of all slots is believed, and of several that do not the one that tells of most.
class SlotsQuestion : public std::enable_shared_from_this<SlotsQuestion> {
 public:
  using Answer = std::function<void(Result<ClusterMap>)>;

  /// `answer` is called once, not before `AskNext` has returned unless no server takes a question.
  /// With Cancelled, the owner of `timers` has gone. Each server has `patience` to answer.
  SlotsQuestion(std::vector<std::shared_ptr<RedisNode>> nodes, WaitList& timers,
                std::chrono::duration<double> patience, Answer answer);

  void AskNext();

 private:
  class Reply;

  void Take(const Result<ClusterMap>& map);
  void Conclude(Result<ClusterMap> map);

  const std::vector<std::shared_ptr<RedisNode>> nodes_;
  WaitList& timers_;
  const std::chrono::duration<double> patience_;
  Answer answer_;  // empty once called
  size_t asked_ = 0;
  size_t open_ = 0;  // asked and not answered
  ClusterMap best_;
  Status failure_;
};

}  // namespace feast
