#include "feast/online/redis/redis_calls.h"

#include <future>
#include <utility>

#include "feast/online/redis/resp_command.h"
#include "feast/online/redis/routed_request.h"

namespace feast {
namespace {

constexpr RedisLane kLane = RedisLane::kWrites;

template <typename T>
using Promise = std::promise<Result<T>>;

// The reply to one command.
class OneReply final : public ReplySink {
 public:
  OneReply(std::string server, Promise<RedisReply> promise)
      : server_(std::move(server)), promise_(std::move(promise)) {}
  void Take(const RespToken& token, size_t depth) override { trees_.Take(token, depth); }
  void Hold(const std::shared_ptr<const void>&) override {}
  void Finish(const Status& status) override {
    if (!status.ok()) return promise_.set_value(status);
    RedisReply reply = std::move(trees_.Release().front());
    if (reply.is_error()) return promise_.set_value(StatusOfRedisError(reply.text, server_));
    promise_.set_value(std::move(reply));
  }

 private:
  const std::string server_;
  Promise<RedisReply> promise_;
  ReplyTrees trees_;
};

class KeyedCalls final : public RoutedRequest {
 public:
  KeyedCalls(RedisSession& session, const CallContext& context,
             std::vector<RedisCalls::Command> commands, Promise<std::vector<RedisReply>> promise)
      : RoutedRequest(session, context, kLane, {.parts = 1, .commands = 1024, .bytes = 1 << 20}),
        commands_(std::move(commands)),
        promise_(std::move(promise)),
        replies_(commands_.size()) {}

  void Run() { Start(static_cast<uint32_t>(commands_.size())); }

 private:
  class Part final : public RoutedPart {
   public:
    explicit Part(KeyedCalls& calls) : calls_(calls) {}
    void Take(const RespToken& token, size_t depth) override {
      if (depth == 0 && !Begins(token)) return;
      if (depth == 0 && token.kind == RespToken::Kind::kError) {
        calls_.Note(StatusOfRedisError(token.text, server()));
      }
      calls_.replies_[command()].Take(token, depth);
    }

   private:
    KeyedCalls& calls_;  // which this keeps alive
  };

  uint16_t SlotOf(uint32_t command) override {
    return RedisSlotOf(commands_[command].words[commands_[command].key_at]);
  }
  void Append(uint32_t command, std::string* out) override {
    AppendCommandHead(commands_[command].words.size(), out);
    for (const std::string& word : commands_[command].words) AppendArgument(word, out);
  }
  std::shared_ptr<RoutedPart> MakePart() override { return std::make_shared<Part>(*this); }
  void Forget(uint32_t command) override { replies_[command] = {}; }
  void Finish(const Status& status) override {
    if (!status.ok()) return promise_.set_value(status);
    std::vector<RedisReply> replies;
    replies.reserve(replies_.size());
    for (ReplyTrees& reply : replies_) replies.push_back(std::move(reply.Release().front()));
    promise_.set_value(std::move(replies));
  }

  const std::vector<RedisCalls::Command> commands_;
  Promise<std::vector<RedisReply>> promise_;
  std::vector<ReplyTrees> replies_;
};

// Whether a server's own line in CLUSTER NODES ends with slots that come or go: [7->-id], [7-<-id].
bool MovesSlots(const std::string& nodes) {
  const size_t self = nodes.find("myself");
  const size_t end = nodes.find('\n', self);
  return self != std::string::npos &&
         nodes.substr(self, end - self).find(" [") != std::string::npos;
}

}  // namespace

Result<RedisCalls::Servers> RedisCalls::FindServers() const {
  FEAST_ASSIGN_OR_RETURN(Servers servers, FindPrimaries());
  if (servers.slots.served() == 0) return servers;
  for (const RedisEndpoint& server : servers.all) {
    FEAST_ASSIGN_OR_RETURN(const RedisReply nodes, Call(server, {"CLUSTER", "NODES"}));
    servers.moves_slots = servers.moves_slots || MovesSlots(nodes.text);
  }
  return servers;
}

Result<RedisCalls::Servers> RedisCalls::FindPrimaries() const {
  auto promise = std::make_shared<Promise<Servers>>();
  auto servers = promise->get_future();
  run_on_loop_([this, promise](RedisSession& session) {
    RedisCluster* const cluster = session.cluster();
    if (cluster == nullptr) return promise->set_value(Servers{{{}}, {}, false});
    const auto deadline = context_.deadline().value_or(CallContext::TimePoint::max());
    const Status waits = cluster->AwaitMap(deadline, [this, promise, cluster](Status status) {
      if (status.ok()) status = context_.Check();
      if (!status.ok()) return promise->set_value(status);
      Servers found{{}, cluster->map(), false};
      for (const auto& node : cluster->Primaries()) found.all.push_back(node->endpoint());
      promise->set_value(std::move(found));
    });
    if (!waits.ok()) promise->set_value(waits);
  });
  return servers.get();
}

Result<RedisReply> RedisCalls::Call(const RedisEndpoint& server,
                                    std::vector<std::string> words) const {
  Promise<RedisReply> promise;
  auto reply = promise.get_future();
  run_on_loop_([&](RedisSession& session) {
    RedisCluster* const cluster = session.cluster();
    const auto& node = cluster == nullptr ? session.server() : cluster->At(server);
    RedisConnection& connection = node->connection(kLane);
    const auto begun = connection.Begin(context_);
    if (!begun.ok()) return promise.set_value(begun.status());
    AppendCommandHead(words.size(), *begun);
    for (const std::string& word : words) AppendArgument(word, *begun);
    connection.Expect(1, context_,
                      std::make_shared<OneReply>(connection.name(), std::move(promise)));
  });
  return reply.get();
}

Result<std::vector<RedisReply>> RedisCalls::CallByKey(std::vector<Command> commands) const {
  Promise<std::vector<RedisReply>> promise;
  auto replies = promise.get_future();
  run_on_loop_([&](RedisSession& session) {
    std::make_shared<KeyedCalls>(session, context_, std::move(commands), std::move(promise))->Run();
  });
  return replies.get();
}

}  // namespace feast
