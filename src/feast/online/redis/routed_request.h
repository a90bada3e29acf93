#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feast/online/redis/redis_session.h"
#include "feast/online/redis/routed_part.h"

namespace feast {

/// Commands of one key and one reply each, sent to where their keys are until each has its reply.
///
/// Single-core; owned by the connections and timers that it waits for. With one server all go to
/// it. In a cluster they are split by the slots of their keys, pipelined on a connection a server,
/// and those that a server refuses follow its redirections, at most five each. A passing state of
/// the cluster and a server that is away are waited for a third of a second at most, and never
/// past the deadline; so commands must be such that running them twice does no harm.
class RoutedRequest : public std::enable_shared_from_this<RoutedRequest> {
 public:
  virtual ~RoutedRequest() = default;
  RoutedRequest(const RoutedRequest&) = delete;
  RoutedRequest& operator=(const RoutedRequest&) = delete;

 protected:
  /// How much is sent to a server before it has answered: parts of so many commands or bytes.
  struct Window {
    size_t parts;
    size_t commands;
    size_t bytes;
  };

  RoutedRequest(RedisSession& session, CallContext context, RedisLane lane, Window window);

  /// Sends the commands 0 to `commands`-1, and calls `Finish` when all is over.
  void Start(uint32_t commands);
  /// Ends the request with the first failure, once what was sent is answered.
  void Note(const Status& status);
  bool failed() const { return !failure_.ok(); }
  RedisSession& session() { return session_; }

  /// The slot of a command's key; for clusters only.
  virtual uint16_t SlotOf(uint32_t command) = 0;
  virtual void Append(uint32_t command, std::string* out) = 0;
  virtual std::shared_ptr<RoutedPart> MakePart() = 0;
  /// A reply may have been taken in part, and will come again.
  virtual void Forget(uint32_t command) = 0;
  /// Called once, and last.
  virtual void Finish(const Status& status) = 0;

 private:
  friend class RoutedPart;

  // What is to be sent to one server.
  struct Target {
    std::shared_ptr<RedisNode> node;
    bool asking = false;
    std::vector<uint32_t> commands;
    size_t sent = 0;
    size_t parts = 0;  // under way
  };
  struct Tries {
    int redirections = 0;
    int delays = 0;
    CallContext::TimePoint since;  // the first delay
  };

  void PlaceAll();
  void Place(uint32_t command);
  void Queue(uint32_t command, size_t target) { targets_[target].commands.push_back(command); }
  size_t TargetAt(const std::shared_ptr<RedisNode>& node, bool asking);
  void Continue();
  void SendPart(size_t target);
  void AskPrimaryToo(uint32_t command, size_t target);
  bool Refused(uint32_t command, std::string_view error, size_t target);
  void Redirect(uint32_t command, const std::shared_ptr<RedisNode>& node, bool asking,
                const Status& why);
  void Unreachable(const std::vector<uint32_t>& commands, const Status& why);
  void Delay(uint32_t command, const Status& why);
  void Resume(const Status& status);
  void PartEnds(size_t target);

  RedisSession& session_;  // whose connections and timers own this
  const CallContext context_;
  const RedisLane lane_;
  const Window window_;
  size_t turn_ = 0;  // of the servers of a shard
  uint32_t commands_ = 0;
  std::vector<Target> targets_;
  size_t last_target_ = 0;
  size_t under_way_ = 0;  // parts
  std::unordered_map<uint32_t, Tries> tries_;
  std::vector<uint32_t> delayed_;
  Status delayed_by_;
  bool is_waiting_ = false;
  bool is_finished_ = false;
  Status failure_;
};

}  // namespace feast
