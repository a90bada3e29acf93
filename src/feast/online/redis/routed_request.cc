#include "feast/online/redis/routed_request.h"

#include <numeric>
#include <utility>

#include "feast/online/redis/cluster_refusal.h"
#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

using std::chrono::steady_clock;

constexpr int kMostRedirections = 5;
constexpr int kMostDelays = 6;  // 5, 10 … 160 ms
constexpr std::chrono::milliseconds kFirstDelay{5};
constexpr std::chrono::seconds kLongestTrouble{1};  // what took longer to fail is not tried again

}  // namespace

RoutedRequest::RoutedRequest(RedisSession& session, CallContext context, RedisLane lane,
                             Window window)
    : session_(session), context_(std::move(context)), lane_(lane), window_(window) {}

void RoutedRequest::Start(uint32_t commands) {
  commands_ = commands;
  RedisCluster* const cluster = session_.cluster();
  if (cluster == nullptr || cluster->has_map()) return PlaceAll();
  is_waiting_ = true;
  const Status waits =
      cluster->AwaitMap(context_.deadline().value_or(CallContext::TimePoint::max()),
                        [self = shared_from_this()](const Status& status) {
                          self->is_waiting_ = false;
                          if (status.ok()) return self->PlaceAll();
                          self->Note(status);
                          self->Continue();
                        });
  if (waits.ok()) return;
  is_waiting_ = false;
  Note(waits);
  Continue();
}

void RoutedRequest::PlaceAll() {
  if (RedisCluster* const cluster = session_.cluster(); cluster != nullptr) {
    Note(context_.Check());
    cluster->NoteRequest();
    if (session_.options().connection.read_from_replicas && lane_ != RedisLane::kWrites) {
      turn_ = cluster->NextTurn();
    }
    for (uint32_t command = 0; command < commands_ && !failed(); ++command) Place(command);
  } else {
    auto& all = targets_.emplace_back(Target{session_.server(), false, {}}).commands;
    all.resize(commands_);
    std::iota(all.begin(), all.end(), 0);
  }
  Continue();
}

void RoutedRequest::Note(const Status& status) {
  if (failure_.ok()) failure_ = status;
}

// What was tried before goes to the primary.
void RoutedRequest::Place(uint32_t command) {
  const uint16_t slot = SlotOf(command);
  const auto& node = session_.cluster()->NodeOf(slot, tries_.contains(command) ? 0 : turn_);
  if (node != nullptr) return Queue(command, TargetAt(node, /*asking=*/false));
  Unreachable({command}, Status::Unavailable("no server of the Redis cluster has slot " +
                                             std::to_string(slot)));
}

size_t RoutedRequest::TargetAt(const std::shared_ptr<RedisNode>& node, bool asking) {
  const auto fits = [&](size_t i) {
    return targets_[i].node == node && targets_[i].asking == asking;
  };
  if (last_target_ < targets_.size() && fits(last_target_)) return last_target_;
  for (last_target_ = 0; last_target_ < targets_.size(); ++last_target_) {
    if (fits(last_target_)) return last_target_;
  }
  targets_.push_back({node, asking, {}});
  return last_target_;
}

// Sends what there is room for, and answers when all is over.
void RoutedRequest::Continue() {
  for (size_t target = 0; target < targets_.size(); ++target) {
    while (!failed() && targets_[target].sent < targets_[target].commands.size() &&
           targets_[target].parts < window_.parts) {
      SendPart(target);
    }
  }
  if (is_finished_ || under_way_ > 0 || (is_waiting_ && !failed())) return;
  is_finished_ = true;
  Finish(failure_);
}

void RoutedRequest::SendPart(size_t index) {
  Target& target = targets_[index];
  RedisConnection& connection = target.node->connection(lane_);
  const auto begun = connection.Begin(context_);
  const auto first = target.commands.begin() + static_cast<ptrdiff_t>(target.sent);
  if (!begun.ok()) {
    const std::vector<uint32_t> rest(first, target.commands.end());
    target.commands.erase(first, target.commands.end());
    return Unreachable(rest, begun.status());
  }
  std::string* const out = *begun;
  const size_t begin = out->size();
  const std::shared_ptr<RoutedPart> part = MakePart();
  while (target.sent < target.commands.size() && part->commands_.size() < window_.commands &&
         out->size() - begin < window_.bytes) {
    const uint32_t command = target.commands[target.sent++];
    part->commands_.push_back(command);
    if (target.asking) AppendCommand({"ASKING"}, out);
    Append(command, out);
  }
  part->request_ = shared_from_this();
  part->connection_ = &connection;
  part->queue_ = index;
  part->asking_ = target.asking;
  if (target.sent == target.commands.size()) {
    target.commands.clear();
    target.sent = 0;
  }
  ++target.parts;
  ++under_way_;
  connection.Expect(part->commands_.size() * (target.asking ? 2 : 1), context_, part);
}

void RoutedRequest::AskPrimaryToo(uint32_t command, size_t target) {
  if (turn_ == 0 || targets_[target].node == session_.cluster()->NodeOf(SlotOf(command))) return;
  if (tries_.try_emplace(command).second) Place(command);
}

bool RoutedRequest::Refused(uint32_t command, std::string_view error, size_t target) {
  RedisCluster* const cluster = session_.cluster();
  if (cluster == nullptr) return false;
  const RedisEndpoint& asked = targets_[target].node->endpoint();
  const ClusterRefusal refusal = ReadRefusal(error, asked);
  if (refusal.kind == ClusterRefusal::Kind::kNone) return false;
  const Status why =
      Status::Unavailable("Redis at " + asked.ToString() + ": " + std::string(error));
  switch (refusal.kind) {
    case ClusterRefusal::Kind::kNone:
      break;
    case ClusterRefusal::Kind::kMoved:
      cluster->Moved(refusal.slot, refusal.to);
      Redirect(command, cluster->At(refusal.to), /*asking=*/false, why);
      break;
    case ClusterRefusal::Kind::kAsk:
      Redirect(command, cluster->At(refusal.to), /*asking=*/true, why);
      break;
    case ClusterRefusal::Kind::kLater:
      Unreachable({command}, why);
      break;
  }
  return true;
}

void RoutedRequest::Redirect(uint32_t command, const std::shared_ptr<RedisNode>& node, bool asking,
                             const Status& why) {
  if (++tries_[command].redirections > kMostRedirections) {
    return Note(
        why.Annotate("redirected more than " + std::to_string(kMostRedirections) + " times"));
  }
  Queue(command, TargetAt(node, asking));
}

void RoutedRequest::Unreachable(const std::vector<uint32_t>& commands, const Status& why) {
  RedisCluster* const cluster = session_.cluster();
  if (cluster == nullptr || why.code() != StatusCode::kUnavailable) return Note(why);
  if (failed()) return;
  cluster->Suspect();
  for (const uint32_t command : commands) {
    if (failed()) return;
    Forget(command);
    // A replica is not waited for.
    const bool is_first = turn_ != 0 && tries_.try_emplace(command).second;
    is_first ? Place(command) : Delay(command, why);
  }
}

void RoutedRequest::Delay(uint32_t command, const Status& why) {
  Tries& tries = tries_[command];
  const auto now = steady_clock::now();
  if (tries.delays == 0) tries.since = now;
  const auto at = now + kFirstDelay * (1 << tries.delays);
  if (++tries.delays > kMostDelays || now - tries.since > kLongestTrouble ||
      at >= context_.deadline().value_or(at + kFirstDelay)) {
    return Note(why);
  }
  delayed_.push_back(command);
  delayed_by_ = why;
  if (is_waiting_) return;
  is_waiting_ = true;
  const Status waits = session_.cluster()->AwaitTime(
      at, [self = shared_from_this()](const Status& status) { self->Resume(status); });
  if (waits.ok()) return;
  is_waiting_ = false;
  Note(waits);
}

void RoutedRequest::Resume(const Status& status) {
  is_waiting_ = false;
  Note(status);
  if (const Status late = context_.Check(); !late.ok()) {
    Note({late.code(), late.message() + "; " + delayed_by_.message()});
  }
  const std::vector<uint32_t> commands = std::exchange(delayed_, {});
  for (const uint32_t command : commands) {
    if (failed()) break;
    Place(command);
  }
  Continue();
}

void RoutedRequest::PartEnds(size_t target) {
  --targets_[target].parts;
  --under_way_;
  Continue();
}

}  // namespace feast
