#include "feast/online/redis/redis_session.h"

#include <utility>

namespace feast {

RedisSession::RedisSession(boost::asio::io_context& context,
                           std::shared_ptr<const RedisOptions> options)
    : options_(std::move(options)) {
  if (options_->topology == RedisTopology::kCluster) {
    cluster_ = std::make_unique<RedisCluster>(context, options_);
    return;
  }
  RedisPeer peer;
  peer.options = {options_, &options_->connection};
  if (options_->topology == RedisTopology::kSentinel) {
    finder_ = std::make_unique<PrimaryFinder>(context, options_);
    peer.find = [this](const auto& found) { finder_->Find(found); };
  } else if (!options_->connection.nodes.empty()) {
    peer.endpoint = options_->connection.nodes.front();
  }
  server_ = std::make_shared<RedisNode>(context, std::move(peer), !options_->skip_dedup);
}

RedisSession::~RedisSession() {
  if (server_ != nullptr) server_->Close();
}

}  // namespace feast
