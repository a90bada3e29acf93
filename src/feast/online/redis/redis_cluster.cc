#include "feast/online/redis/redis_cluster.h"

#include <algorithm>

#include "feast/online/redis/slots_question.h"

namespace feast {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kJustNow{50};
constexpr std::chrono::seconds kOld{60};

}  // namespace

RedisCluster::RedisCluster(boost::asio::io_context& context,
                           std::shared_ptr<const RedisOptions> options)
    : context_(context),
      options_(std::move(options)),
      connection_options_(options_, &options_->connection),
      delays_(context),
      for_map_(context) {}

RedisCluster::~RedisCluster() {
  const Status gone = Status::Cancelled("the connections to the Redis cluster were closed");
  for (const auto& [address, node] : nodes_) node->Close();
  delays_.WakeAll(gone);
  for_map_.WakeAll(gone);
}

Status RedisCluster::AwaitMap(TimePoint deadline, WaitList::Woken woken) {
  FEAST_RETURN_IF_ERROR(for_map_.Add(deadline, std::move(woken)));
  Ask();
  return Status::OK();
}

const std::shared_ptr<RedisNode>& RedisCluster::NodeOf(uint16_t slot, size_t turn) const {
  const uint16_t shard = map_.ShardOf(slot);
  if (shard == ClusterMap::kNobody) return nobody_;
  return shards_[shard][turn % shards_[shard].size()];
}

std::vector<std::shared_ptr<RedisNode>> RedisCluster::Primaries() const {
  std::vector<std::shared_ptr<RedisNode>> primaries;
  primaries.reserve(shards_.size());
  for (const auto& shard : shards_) primaries.push_back(shard.front());
  return primaries;
}

const std::shared_ptr<RedisNode>& RedisCluster::At(const RedisEndpoint& endpoint) {
  std::shared_ptr<RedisNode>& node = nodes_[{endpoint.host, endpoint.port}];
  if (node == nullptr) {
    RedisPeer peer;
    peer.endpoint = endpoint;
    peer.options = connection_options_;
    peer.read_only = options_->connection.read_from_replicas;
    node = std::make_shared<RedisNode>(context_, std::move(peer), !options_->skip_dedup);
  }
  return node;
}

void RedisCluster::Moved(uint16_t slot, const RedisEndpoint& to) {
  if (map_.Move(slot, to) == shards_.size()) shards_.push_back({At(to)});
  Suspect();
}

void RedisCluster::Suspect() {
  if (asking_ || will_ask_) return;
  const TimePoint at = asked_at_ + kJustNow;
  if (steady_clock::now() >= at) return Ask();
  will_ask_ = AwaitTime(at, [this](const Status& status) {
                will_ask_ = false;
                if (status.ok()) Ask();
              }).ok();
}

void RedisCluster::NoteRequest() {
  if (steady_clock::now() - asked_at_ > kOld) Ask();
}

void RedisCluster::Ask() {
  if (asking_) return;
  asking_ = true;
  // Answers from within `AskNext` only when no server takes a question.
  std::make_shared<SlotsQuestion>(
      WhomToAsk(), delays_, std::chrono::duration<double>(options_->connection.connect_seconds),
      [this](Result<ClusterMap> map) { Learn(std::move(map)); })
      ->AskNext();
}

// Primaries, not always the same one first; replicas, which hear of moves later; then those of the
// connection string.
std::vector<std::shared_ptr<RedisNode>> RedisCluster::WhomToAsk() {
  std::vector<std::shared_ptr<RedisNode>> nodes = Primaries();
  if (!nodes.empty()) {
    std::rotate(nodes.begin(), nodes.begin() + static_cast<ptrdiff_t>(first_++ % nodes.size()),
                nodes.end());
  }
  for (const auto& shard : shards_) nodes.insert(nodes.end(), shard.begin() + 1, shard.end());
  for (const RedisEndpoint& endpoint : options_->connection.nodes) nodes.push_back(At(endpoint));
  std::vector<std::shared_ptr<RedisNode>> distinct;
  for (auto& node : nodes) {
    if (std::ranges::find(distinct, node) == distinct.end()) distinct.push_back(std::move(node));
  }
  return distinct;
}

void RedisCluster::Learn(Result<ClusterMap> map) {
  if (map.status().code() == StatusCode::kCancelled) return;  // the cluster is being left
  asking_ = false;
  asked_at_ = steady_clock::now();
  const Status status = map.status();
  if (status.ok()) {
    map_ = *std::move(map);
    Link();
  }
  for_map_.WakeAll(has_map() ? Status::OK() : status);
}

void RedisCluster::Link() {
  shards_.clear();
  for (const ClusterMap::Shard& shard : map_.shards()) {
    auto& nodes = shards_.emplace_back();
    nodes.push_back(At(shard.primary));
    for (const RedisEndpoint& replica : shard.replicas) nodes.push_back(At(replica));
  }
  std::erase_if(nodes_, [](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->idle();
  });
}

}  // namespace feast
