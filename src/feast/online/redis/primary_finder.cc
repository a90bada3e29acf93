#include "feast/online/redis/primary_finder.h"

#include <charconv>
#include <utility>

#include "feast/online/redis/resp_command.h"

namespace feast {
namespace {

std::shared_ptr<const RedisConnectionOptions> OptionsForSentinels(
    const RedisConnectionOptions& options) {
  auto plain = std::make_shared<RedisConnectionOptions>();
  plain->connect_seconds = options.connect_seconds;
  plain->silence_seconds = options.silence_seconds;
  return plain;
}

}  // namespace

// One search, sentinel after sentinel. Owned by the connection that it waits for.
class PrimaryFinder::Question final : public ReplySink,
                                      public std::enable_shared_from_this<Question> {
 public:
  Question(PrimaryFinder& finder, std::function<void(Result<RedisEndpoint>)> found)
      : finder_(finder), found_(std::move(found)), sentinel_(finder.first_) {}

  void Ask() {
    while (asked_ < finder_.sentinels_.size()) {
      ++asked_;
      RedisConnection& sentinel = *finder_.sentinels_[sentinel_];
      const auto begun = sentinel.Begin({});
      if (begun.ok()) {
        texts_.clear();
        AppendCommand({"SENTINEL", "get-master-addr-by-name", finder_.options_->sentinel_master},
                      *begun);
        return sentinel.Expect(1, {}, shared_from_this());
      }
      failure_ = begun.status().message();
      sentinel_ = (sentinel_ + 1) % finder_.sentinels_.size();
    }
    found_(Status::Unavailable("no sentinel knows the primary '" +
                               finder_.options_->sentinel_master + "': " + failure_));
  }

  void Take(const RespToken& token, size_t) override {
    if (token.kind == RespToken::Kind::kText) texts_.emplace_back(token.text);
    if (token.kind == RespToken::Kind::kError) failure_ = token.text;
    if (token.kind == RespToken::Kind::kNull) {
      failure_ = finder_.sentinels_[sentinel_]->name() + " does not watch it";
    }
  }
  void Hold(const std::shared_ptr<const void>&) override {}
  void Finish(const Status& status) override {
    if (status.code() == StatusCode::kCancelled) return;  // the finder has gone
    if (!status.ok()) failure_ = status.message();
    RedisEndpoint endpoint;
    if (status.ok() && texts_.size() == 2) {
      const std::string& port = texts_[1];
      const auto [end, error] =
          std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
      if (error == std::errc() && end == port.data() + port.size()) {
        endpoint.host = texts_[0];
        finder_.first_ = sentinel_;
        return found_(std::move(endpoint));
      }
      failure_ = "port " + port;
    }
    sentinel_ = (sentinel_ + 1) % finder_.sentinels_.size();
    Ask();
  }

 private:
  PrimaryFinder& finder_;
  const std::function<void(Result<RedisEndpoint>)> found_;
  size_t sentinel_;
  size_t asked_ = 0;
  std::vector<std::string> texts_;
  std::string failure_;
};

PrimaryFinder::PrimaryFinder(boost::asio::io_context& context,
                             std::shared_ptr<const RedisOptions> options)
    : context_(context),
      options_(std::move(options)),
      connection_options_(OptionsForSentinels(options_->connection)) {
  sentinels_.reserve(options_->connection.nodes.size());
  for (const RedisEndpoint& node : options_->connection.nodes) {
    RedisPeer peer;
    peer.endpoint = node;
    peer.options = connection_options_;
    sentinels_.push_back(RedisConnection::Make(context_, std::move(peer)));
  }
}

PrimaryFinder::~PrimaryFinder() = default;

void PrimaryFinder::Find(std::function<void(Result<RedisEndpoint>)> found) {
  std::make_shared<Question>(*this, std::move(found))->Ask();
}

}  // namespace feast
