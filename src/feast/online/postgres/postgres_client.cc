#include <algorithm>

#include <boost/asio.hpp>

#include "feast/online/postgres/postgres_client_internal.h"

namespace feast {
namespace {

/// More would only wait in the server instead of here.
constexpr size_t kMaxSent = 64;
constexpr int kMaxAttempts = 3;
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr int kMaxDoublings = 5;
/// A cancelled call is noticed this late.
constexpr std::chrono::milliseconds kLookForCancelled{100};

}  // namespace

PostgresClient::PostgresClient(boost::asio::io_context& loop, const Libpq& libpq,
                               std::shared_ptr<const PostgresOptions> options)
    : loop_(loop), libpq_(libpq), options_(std::move(options)), watch_(loop) {
  while (connections_.size() < options_->min_connections) Open();
}

PostgresClient::~PostgresClient() {
  const Status ended = Status::Cancelled(options_->Where() + ": the connections are being closed");
  for (const auto& connection : connections_) {
    for (const auto& exchange : connection->Close()) exchange->Answer(ended);
  }
  for (const auto& exchange : waiting_) exchange->Answer(ended);
}

size_t PostgresClient::Pending() const {
  size_t pending = waiting_.size();
  for (const auto& connection : connections_) pending += connection->sent().size();
  return pending;
}

void PostgresClient::Submit(std::unique_ptr<PostgresExchange> exchange) {
  if (const Status status = exchange->context.Check(); !status.ok()) {
    return exchange->Answer(status);
  }
  if (exchange->statements.empty()) return exchange->Answer(std::vector<PostgresResult>());
  if (Pending() >= kMaxPending) {
    return exchange->Answer(Status::ResourceExhausted(
        options_->Where() +
        ": too many requests wait for it already: " + std::to_string(Pending())));
  }
  Watch(exchange->context);
  waiting_.push_back(std::move(exchange));
  Pump();
}

PostgresConnection* PostgresClient::LeastBusy() const {
  PostgresConnection* least = nullptr;
  for (const auto& connection : connections_) {
    if (!connection->ready()) continue;
    if (least == nullptr || connection->sent().size() < least->sent().size()) {
      least = connection.get();
    }
  }
  return least;
}

bool PostgresClient::Connecting() const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& connection) { return !connection->ready(); });
}

void PostgresClient::Pump() {
  while (!waiting_.empty()) {
    PostgresConnection* const connection = LeastBusy();
    if ((connection == nullptr || !connection->sent().empty()) && !Connecting() &&
        connections_.size() < options_->max_connections) {
      if (Clock::now() >= next_attempt_) {
        Open();
      } else if (connection == nullptr) {
        return FailWaiting(last_failure_);
      }
    }
    if (connection == nullptr || connection->sent().size() >= kMaxSent) return;
    auto exchange = std::move(waiting_.front());
    waiting_.pop_front();
    connection->Send(std::move(exchange));
  }
}

void PostgresClient::Open() {
  PostgresConnection::Owner& owner = *this;
  connections_.push_back(std::make_shared<PostgresConnection>(loop_, libpq_, options_, owner));
  // Later, so that a failure is not told from inside whoever asked for a connection.
  boost::asio::post(loop_, [connection = connections_.back()] { connection->Connect(); });
}

void PostgresClient::FailWaiting(const Status& why) {
  for (const auto& exchange : std::exchange(waiting_, {})) exchange->Answer(why);
}

void PostgresClient::Connected() {
  failures_ = 0;
  Pump();
}

void PostgresClient::Answered(std::unique_ptr<PostgresExchange> again) {
  if (again != nullptr) waiting_.push_back(std::move(again));
  Pump();
}

void PostgresClient::Lost(PostgresConnection& connection, bool was_connected, Status why,
                          PostgresConnection::Exchanges unanswered) {
  std::erase_if(connections_, [&](const auto& other) { return other.get() == &connection; });
  if (!was_connected) {
    const auto pause = kFirstPause * (1 << std::min(failures_++, kMaxDoublings));
    next_attempt_ = Clock::now() + pause;
    last_failure_ = why;
    if (connections_.empty()) FailWaiting(why);
  }
  PostgresConnection::Exchanges hopeless;
  for (; !unanswered.empty(); unanswered.pop_back()) {
    auto& exchange = unanswered.back();
    auto& next = ++exchange->attempts < kMaxAttempts ? waiting_ : hopeless;
    next.push_front(std::move(exchange));
  }
  for (const auto& exchange : hopeless) exchange->Answer(why);
  Pump();
}

void PostgresClient::Watch(const CallContext& context) {
  // Mostly the watch is set already, and sooner than this deadline: a comparison a request.
  if (watching_ && (!context.deadline() || *context.deadline() >= watch_at_)) return;
  auto when = Clock::now() + kLookForCancelled;
  if (context.deadline()) when = std::min(when, *context.deadline());
  if (watching_ && when >= watch_at_) return;
  watching_ = true;
  watch_at_ = when;
  watch_.expires_at(when);
  // It may be queued already when the client goes.
  watch_.async_wait([this, alive = std::weak_ptr<void>(alive_)](boost::system::error_code error) {
    if (!error && !alive.expired()) CheckAll();
  });
}

void PostgresClient::CheckAll() {
  watching_ = false;
  // Answers may ask again, so they come last.
  std::vector<std::pair<std::unique_ptr<PostgresExchange>, Status>> over;
  const auto check = [&](PostgresConnection::Exchanges& exchanges) {
    for (auto& exchange : exchanges) {
      if (exchange->answered()) continue;
      if (const Status status = exchange->context.Check(); !status.ok()) {
        auto ended = std::make_unique<PostgresExchange>();
        ended->done = std::exchange(exchange->done, nullptr);
        over.emplace_back(std::move(ended), status.Annotate(options_->Where()));
      } else {
        Watch(exchange->context);
      }
    }
  };
  check(waiting_);
  std::erase_if(waiting_, [](const auto& exchange) { return exchange->answered(); });
  const auto connections = connections_;
  for (const auto& connection : connections) {
    check(connection->sent());
    if (connection->sent().empty() || !connection->sent().front()->answered()) continue;
    // The server is still at work for nobody, and others wait behind it.
    auto unanswered = connection->Close();
    std::erase(connections_, connection);
    for (; !unanswered.empty(); unanswered.pop_back()) {
      waiting_.push_front(std::move(unanswered.back()));
    }
  }
  Pump();
  for (const auto& [exchange, status] : over) exchange->Answer(status);
}

}  // namespace feast
