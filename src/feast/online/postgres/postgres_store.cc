#include "feast/online/postgres/postgres_store.h"

#include <future>
#include <mutex>

#include <boost/asio/post.hpp>

#include "feast/net/event_loop.h"
#include "feast/online/postgres/postgres_client_internal.h"
#include "feast/online/postgres/postgres_layout.h"
#include "feast/online/postgres/postgres_reader.h"
#include "feast/online/postgres/postgres_schema_internal.h"
#include "feast/online/postgres/postgres_writer.h"

namespace feast {
namespace {

/// Statements of one write: the server works on one while the next is on its way.
constexpr size_t kMinUnderWay = 2;
constexpr size_t kMaxUnderWay = 8;

class PostgresStore final : public OnlineStore, private KeyScanner {
 public:
  PostgresStore(const Libpq& libpq, PostgresOptions options)
      : libpq_(libpq), options_(std::make_shared<const PostgresOptions>(std::move(options))) {}

  std::string_view type() const override { return "postgres"; }

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    auto exchange = ReadExchange(libpq_, context, std::move(reads), std::move(done));
    if (EventLoop* loop = EventLoop::Current()) {
      return ClientOn(*loop).Submit(std::move(exchange));
    }
    Submit(std::move(exchange));
  }

  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    if (Status status = context.Check(); !status.ok()) return done(std::move(status));
    // Never on a loop that serves: there is much to encode, and its caller may block.
    auto plan = std::make_shared<PostgresWritePlan>(std::move(batch));
    boost::asio::post(OwnLoop().context(), [this, context, plan, done = std::move(done)]() mutable {
      const size_t under_way =
          std::clamp(options_->max_connections + 1, kMinUnderWay, kMaxUnderWay);
      WriteRows(ClientOn(OwnLoop()), libpq_, options_->Where(), context, std::move(*plan),
                under_way, std::move(done));
    });
  }

  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override {
    FEAST_RETURN_IF_ERROR(context.Check());
    const RunPostgres run = [&](std::vector<PostgresStatement> statements) {
      return RunAndWait(context, std::move(statements));
    };
    return ChangeTables(run, libpq_, *options_, change);
  }

  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override {
    return UpdateInfrastructure(context, {{}, {tables.begin(), tables.end()}});
  }

  KeyScanner* key_scanner() override { return this; }

 private:
  Status ScanKeys(const CallContext& context, const OnlineTable& table,
                  const KeysFound& found) override {
    std::string last;
    while (true) {
      std::vector<PostgresStatement> ask(1);
      ask[0].sql = NextKeysSql(table.Name());
      ask[0].parameters = {{PostgresType::kBytes, last}};
      ask[0].table = table.Name();
      ask[0].prepared = true;
      FEAST_ASSIGN_OR_RETURN(const auto results, RunAndWait(context, std::move(ask)));
      const int count = libpq_.PQntuples(results[0].get());
      if (count == 0) return Status::OK();
      std::vector<std::string> keys;
      keys.reserve(static_cast<size_t>(count));
      for (int i = 0; i < count; ++i) {
        keys.emplace_back(libpq_.PQgetvalue(results[0].get(), i, 0),
                          static_cast<size_t>(libpq_.PQgetlength(results[0].get(), i, 0)));
      }
      FEAST_RETURN_IF_ERROR(found(keys));
      last = std::move(keys.back());
    }
  }

  PostgresClient& ClientOn(EventLoop& loop) {
    auto& kept = loop.Kept(key_);
    if (kept == nullptr) {
      kept = std::make_shared<PostgresClient>(loop.context(), libpq_, options_);
    }
    return *static_cast<PostgresClient*>(kept.get());
  }

  EventLoop& OwnLoop() {
    std::call_once(own_once_, [this] { own_ = std::make_unique<EventLoopThread>(); });
    return own_->loop();
  }

  void Submit(std::unique_ptr<PostgresExchange> exchange) {
    boost::asio::post(OwnLoop().context(), [this, exchange = std::move(exchange)]() mutable {
      ClientOn(OwnLoop()).Submit(std::move(exchange));
    });
  }

  Result<std::vector<PostgresResult>> RunAndWait(const CallContext& context,
                                                 std::vector<PostgresStatement> statements) {
    std::promise<Result<std::vector<PostgresResult>>> promise;
    auto future = promise.get_future();
    auto exchange = std::make_unique<PostgresExchange>();
    exchange->context = context;
    exchange->statements = std::move(statements);
    exchange->done = [&promise](Result<std::vector<PostgresResult>> results) {
      promise.set_value(std::move(results));
    };
    Submit(std::move(exchange));
    return future.get();
  }

  const Libpq& libpq_;
  const std::shared_ptr<const PostgresOptions> options_;
  const uint64_t key_ = EventLoop::NewKey();
  std::once_flag own_once_;
  std::unique_ptr<EventLoopThread> own_;  ///< of callers that are on no loop, and of all writes
};

Result<std::unique_ptr<OnlineStore>> OpenPostgresStore(const Setting& setting,
                                                       const OnlineStoreEnv& env) {
  FEAST_ASSIGN_OR_RETURN(PostgresOptions options, ReadPostgresOptions(setting, env));
  FEAST_ASSIGN_OR_RETURN(const Libpq* libpq, Libpq::Load());
  return std::unique_ptr<OnlineStore>(std::make_unique<PostgresStore>(*libpq, std::move(options)));
}

}  // namespace

const OnlineStoreType& PostgresStoreType() {
  static constexpr OnlineStoreType kType = {"postgres", "tables in PostgreSQL, for many hosts",
                                            &OpenPostgresStore};
  return kType;
}

}  // namespace feast
