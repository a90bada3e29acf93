#include "feast/online/redis/redis_store.h"

#include <mutex>
#include <set>
#include <utility>

#include <boost/asio.hpp>

#include "feast/net/event_loop.h"
#include "feast/online/redis/redis_calls.h"
#include "feast/online/redis/redis_keyspace.h"
#include "feast/online/redis/redis_options.h"
#include "feast/online/redis/redis_reader.h"
#include "feast/online/redis/redis_session.h"
#include "feast/online/redis/redis_writer.h"

namespace feast {
namespace {

class RedisStore final : public OnlineStore, private KeyScanner {
 public:
  explicit RedisStore(RedisOptions options)
      : options_(std::make_shared<const RedisOptions>(std::move(options))) {}

  std::string_view type() const override { return "redis"; }

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    if (Status status = context.Check(); !status.ok()) return done(std::move(status));
    if (EventLoop* const loop = EventLoop::Current()) {
      return ReadFromRedis(SessionOn(*loop), context, std::move(reads), std::move(done));
    }
    boost::asio::post(OwnLoop().context(), [this, context, reads = std::move(reads),
                                            done = std::move(done)]() mutable {
      ReadFromRedis(SessionOn(OwnLoop()), context, std::move(reads), std::move(done));
    });
  }

  // Always on the store's own loop: callers encode and wait while it sends, and may wait anywhere.
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    if (Status status = context.Check(); !status.ok()) return done(std::move(status));
    boost::asio::post(OwnLoop().context(), [this, context, batch = std::move(batch),
                                            done = std::move(done)]() mutable {
      WriteToRedis(SessionOn(OwnLoop()), context, std::move(batch), std::move(done));
    });
  }

  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    if (!options_->full_scan_for_deletion) return Status::OK();
    std::set<std::string> keep;
    for (const auto& table : change.keep) keep.insert(table->VersionedView());
    for (const auto& table : change.drop) {
      FEAST_RETURN_IF_ERROR(
          DeleteViewFromRedis(Calls(context), *table, keep, options_->entity_key_version)
              .Annotate("removing the values of view '" + table->view + "'"));
    }
    return Status::OK();
  }

  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    return DeleteEntitiesFromRedis(Calls(context), tables, options_->entity_key_version);
  }

  KeyScanner* key_scanner() override { return this; }

 private:
  Status ScanKeys(const CallContext& context, const OnlineTable& table,
                  const KeysFound& found) override {
    return ScanKeysInRedis(Calls(context), table, options_->entity_key_version, found);
  }

  EventLoop& OwnLoop() {
    std::call_once(own_loop_made_, [this] { own_loop_ = std::make_unique<EventLoopThread>(); });
    return own_loop_->loop();
  }

  RedisSession& SessionOn(EventLoop& loop) {
    std::shared_ptr<void>& kept = loop.Kept(key_);
    if (kept == nullptr) kept = std::make_shared<RedisSession>(loop.context(), options_);
    return *static_cast<RedisSession*>(kept.get());
  }

  RedisCalls Calls(const CallContext& context) {
    return {context, [this](RedisCalls::Work work) {
              boost::asio::post(OwnLoop().context(),
                                [this, work = std::move(work)] { work(SessionOn(OwnLoop())); });
            }};
  }

  const std::shared_ptr<const RedisOptions> options_;
  const uint64_t key_ = EventLoop::NewKey();
  std::once_flag own_loop_made_;
  std::unique_ptr<EventLoopThread> own_loop_;  // last: what runs on it uses the rest
};

Result<std::unique_ptr<OnlineStore>> OpenRedisStore(const Setting& setting,
                                                    const OnlineStoreEnv& env) {
  FEAST_ASSIGN_OR_RETURN(RedisOptions options, ReadRedisOptions(setting, env));
  return std::unique_ptr<OnlineStore>(std::make_unique<RedisStore>(std::move(options)));
}

}  // namespace

const OnlineStoreType& RedisStoreType() {
  static constexpr OnlineStoreType kType = {
      "redis", "Redis or Redis Cluster, one hash an entity; shared by many servers",
      &OpenRedisStore};
  return kType;
}

}  // namespace feast
