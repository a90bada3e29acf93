#include "feast/online/redis/redis_session.h"

#include "feast/online/redis/write_script.h"

namespace feast {

RedisSession::RedisSession(boost::asio::io_context& context,
                           std::shared_ptr<const RedisOptions> options)
    : context_(context), options_(std::move(options)) {
  if (options_->topology == RedisTopology::kSentinel) {
    finder_ = std::make_unique<PrimaryFinder>(context_, options_);
  }
}

RedisConnection& RedisSession::connection(Lane lane) {
  auto& connection = lanes_[static_cast<size_t>(lane)];
  if (connection == nullptr) {
    RedisPeer peer;
    if (finder_ != nullptr) {
      peer.find = [this](const auto& found) { finder_->Find(found); };
    } else if (!options_->connection.nodes.empty()) {
      peer.endpoint = options_->connection.nodes.front();
    }
    peer.options = {options_, &options_->connection};
    if (lane == Lane::kWrites && !options_->skip_dedup) peer.script = WriteScript().text;
    connection = RedisConnection::Make(context_, std::move(peer));
  }
  return *connection;
}

}  // namespace feast
