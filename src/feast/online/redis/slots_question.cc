#include "feast/online/redis/slots_question.h"

#include <utility>

#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSlow{200};

Status NotACluster(const std::string& server, const std::string& error) {
  return Status::FailedPrecondition("Redis at " + server + " is no part of a cluster: " + error +
                                    "; set redis_type: redis");
}

}  // namespace

// The reply of one server.
class SlotsQuestion::Reply final : public ReplySink {
 public:
  Reply(std::shared_ptr<SlotsQuestion> question, std::shared_ptr<RedisNode> node)
      : question_(std::move(question)), node_(std::move(node)) {}
  void Take(const RespToken& token, size_t depth) override { trees_.Take(token, depth); }
  void Hold(const std::shared_ptr<const void>&) override {}
  void Finish(const Status& status) override {
    if (!status.ok()) return question_->Take(status);
    const RedisReply reply = std::move(trees_.Release().front());
    const std::string server = node_->endpoint().ToString();
    if (!reply.is_error()) return question_->Take(ClusterMap::Parse(reply, node_->endpoint()));
    question_->Take(reply.text.find("cluster support disabled") != std::string::npos
                        ? NotACluster(server, reply.text)
                        : StatusOfRedisError(reply.text, server));
  }

 private:
  const std::shared_ptr<SlotsQuestion> question_;
  const std::shared_ptr<RedisNode> node_;
  ReplyTrees trees_;
};

SlotsQuestion::SlotsQuestion(std::vector<std::shared_ptr<RedisNode>> nodes, WaitList& timers,
                             std::chrono::duration<double> patience, Answer answer)
    : nodes_(std::move(nodes)), timers_(timers), patience_(patience), answer_(std::move(answer)) {}

void SlotsQuestion::AskNext() {
  while (answer_ && asked_ < nodes_.size()) {
    const std::shared_ptr<RedisNode>& node = nodes_[asked_++];
    RedisConnection& connection = node->connection(RedisLane::kReads);
    const auto context =
        CallContext::WithTimeout(std::chrono::duration_cast<std::chrono::nanoseconds>(patience_));
    const auto begun = connection.Begin(context);
    if (!begun.ok()) {
      failure_ = begun.status();
      continue;
    }
    AppendCommand({"CLUSTER", "SLOTS"}, *begun);
    ++open_;
    connection.Expect(1, context, std::make_shared<Reply>(shared_from_this(), node));
    if (asked_ == nodes_.size()) return;
    const Status waits =
        timers_.Add(steady_clock::now() + kSlow, [self = shared_from_this()](const Status& status) {
          if (status.ok() && self->answer_) self->AskNext();
        });
    if (waits.ok()) return;
  }
  if (!answer_ || open_ > 0) return;
  if (best_.served() > 0) return Conclude(std::move(best_));
  if (failure_.ok()) {
    failure_ = Status::Unavailable("Redis at " + nodes_.front()->endpoint().ToString() +
                                   " is of a cluster that serves no slots");
  }
  Conclude(failure_.Annotate("the slots of the Redis cluster are not known"));
}

void SlotsQuestion::Take(const Result<ClusterMap>& map) {
  --open_;
  if (!answer_) return;
  if (map.status().code() == StatusCode::kCancelled) return Conclude(map.status());
  if (!map.ok()) {
    failure_ = map.status();
  } else if (map->served() == kRedisSlots) {
    return Conclude(*map);
  } else if (map->served() > best_.served()) {
    best_ = *map;
  }
  AskNext();
}

void SlotsQuestion::Conclude(Result<ClusterMap> map) {
  std::exchange(answer_, nullptr)(std::move(map));
}

}  // namespace feast
