#include "feast/online/redis/redis_node.h"

#include <algorithm>
#include <utility>

#include "feast/online/redis/write_script.h"

namespace feast {

RedisNode::RedisNode(boost::asio::io_context& context, RedisPeer peer, bool guards_writes)
    : context_(context), peer_(std::move(peer)), guards_writes_(guards_writes) {}

RedisConnection& RedisNode::connection(RedisLane lane) {
  auto& connection = lanes_[static_cast<size_t>(lane)];
  if (connection == nullptr) {
    RedisPeer peer = peer_;
    if (lane == RedisLane::kWrites) {
      peer.read_only = false;
      if (guards_writes_) peer.script = WriteScript().text;
    }
    connection = RedisConnection::Make(context_, std::move(peer));
  }
  return *connection;
}

bool RedisNode::idle() const {
  return std::ranges::all_of(lanes_,
                             [](const auto& lane) { return lane == nullptr || lane->idle(); });
}

void RedisNode::Close() {
  for (auto& lane : lanes_) std::exchange(lane, nullptr).reset();
}

}  // namespace feast
