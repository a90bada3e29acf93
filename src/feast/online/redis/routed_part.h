#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "feast/online/redis/redis_node.h"
#include "feast/online/redis/reply_sink.h"

namespace feast {

class RoutedRequest;

/// What takes the replies to those commands of a request that were sent to one server together.
/// Single-core.
///
/// Who derives from it takes tokens at a depth above 0 as items of the reply that `Begins` last
/// said yes to.
class RoutedPart : public ReplySink {
 public:
  void Hold(const std::shared_ptr<const void>&) override {}
  void Finish(const Status& status) final;

 protected:
  /// For a token at depth 0: whether it starts the reply to `command()`. If not it needs no more
  /// care: the server accepts what comes next, or refuses a command that will be sent elsewhere.
  bool Begins(const RespToken& token);
  uint32_t command() const { return commands_[next_ - 1]; }
  /// Sends the command again, to the same server.
  void Repeat();
  /// Sends it to the primary, too, if it was a replica that has nothing under the key: it may be
  /// behind, or not know that the key has moved.
  void Doubt();
  /// "host:port".
  const std::string& server() const { return connection_->name(); }

 private:
  friend class RoutedRequest;

  std::shared_ptr<RoutedRequest> request_;
  const RedisConnection* connection_ = nullptr;  // which owns this
  size_t queue_ = 0;                             // of the request
  bool asking_ = false;                          // every command follows an ASKING
  bool accepted_ = false;                        // and the reply to that has come
  bool settled_ = true;  // the last command is not to be sent again because of a broken connection
  size_t next_ = 0;      // of the commands, whose reply comes next
  std::vector<uint32_t> commands_;
};

}  // namespace feast
