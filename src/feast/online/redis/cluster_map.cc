#include "feast/online/redis/cluster_map.h"

#include <algorithm>
#include <optional>

namespace feast {
namespace {

using Kind = RespToken::Kind;

Status Strange(const RedisEndpoint& asked) {
  return Status::DataLoss("Redis at " + asked.ToString() +
                          " answered CLUSTER SLOTS with something else");
}

// Of the pairs of names and values after a server's id.
std::string Metadata(const RedisReply& server, std::string_view name) {
  if (server.items.size() < 4) return {};
  const std::vector<RedisReply>& pairs = server.items[3].items;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (pairs[i].text == name) return pairs[i + 1].text;
  }
  return {};
}

// Empty host: a server whose place nobody knows.
std::optional<RedisEndpoint> ReadServer(const RedisReply& server, const RedisEndpoint& asked) {
  if (server.kind != Kind::kAggregate || server.items.size() < 2) return std::nullopt;
  const RedisReply& host = server.items[0];
  const RedisReply& port = server.items[1];
  if ((host.kind != Kind::kText && host.kind != Kind::kNull) || port.kind != Kind::kNumber ||
      port.number < 0 || port.number > UINT16_MAX) {
    return std::nullopt;
  }
  RedisEndpoint endpoint{host.text, static_cast<uint16_t>(port.number)};
  if (endpoint.host.empty()) endpoint.host = asked.host;
  if (endpoint.host == "?") endpoint.host = Metadata(server, "ip");
  if (endpoint.port == 0) endpoint.host.clear();
  return endpoint;
}

bool IsSlot(const RedisReply& reply) {
  return reply.kind == Kind::kNumber && reply.number >= 0 &&
         reply.number < static_cast<int64_t>(kRedisSlots);
}

}  // namespace

Result<ClusterMap> ClusterMap::Parse(const RedisReply& reply, const RedisEndpoint& asked) {
  if (reply.kind != Kind::kAggregate) return Strange(asked);
  ClusterMap map;
  for (const RedisReply& range : reply.items) {
    if (range.kind != Kind::kAggregate || range.items.size() < 3 || !IsSlot(range.items[0]) ||
        !IsSlot(range.items[1]) || range.items[0].number > range.items[1].number) {
      return Strange(asked);
    }
    std::vector<RedisEndpoint> servers;
    for (size_t i = 2; i < range.items.size(); ++i) {
      auto server = ReadServer(range.items[i], asked);
      if (!server) return Strange(asked);
      if (i == 2 || !server->host.empty()) servers.push_back(*std::move(server));
    }
    if (servers.front().host.empty()) continue;
    const uint16_t shard = map.ShardAt(servers.front());
    map.shards_[shard].replicas.assign(servers.begin() + 1, servers.end());
    std::fill(map.shard_of_slot_.begin() + range.items[0].number,
              map.shard_of_slot_.begin() + range.items[1].number + 1, shard);
  }
  return map;
}

size_t ClusterMap::served() const {
  return kRedisSlots - static_cast<size_t>(std::ranges::count(shard_of_slot_, kNobody));
}

uint16_t ClusterMap::Move(uint16_t slot, const RedisEndpoint& to) {
  return shard_of_slot_[slot] = ShardAt(to);
}

uint16_t ClusterMap::ShardAt(const RedisEndpoint& primary) {
  const auto found = std::ranges::find(shards_, primary, &Shard::primary);
  const auto index = static_cast<uint16_t>(found - shards_.begin());
  if (found == shards_.end()) shards_.push_back({primary, {}});
  return index;
}

}  // namespace feast
