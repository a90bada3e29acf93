#pragma once
#include <chrono>
#include <memory>
#include <vector>

#include "feast/online/postgres/postgres_connection_internal.h"

namespace feast {

/// The connections of one event loop, and what waits for them.
///
/// Single-core: lives on one event loop. An exchange goes to the connection with the least to do;
/// while all have something to do, one more is made, up to the store's limit. A lost connection is
/// made again with growing pauses, in which exchanges fail at once; what it had not answered is
/// tried again elsewhere. A deadline that passes while the server works on an exchange ends the
/// connection, and with it the work.
class PostgresClient final : private PostgresConnection::Owner {
 public:
  PostgresClient(boost::asio::io_context& loop, const Libpq& libpq,
                 std::shared_ptr<const PostgresOptions> options);
  /// What is under way fails.
  ~PostgresClient();
  PostgresClient(const PostgresClient&) = delete;
  PostgresClient& operator=(const PostgresClient&) = delete;

  /// Answers through `exchange->done`, on the loop. ResourceExhausted when too many wait already.
  void Submit(std::unique_ptr<PostgresExchange> exchange);

  static constexpr size_t kMaxPending = 4096;

 private:
  using Clock = std::chrono::steady_clock;

  void Connected() override;
  void Answered(std::unique_ptr<PostgresExchange> again) override;
  void Lost(PostgresConnection& connection, bool was_connected, Status why,
            PostgresConnection::Exchanges unanswered) override;

  size_t Pending() const;
  /// Sends what waits, as far as connections have room, and makes more of them where they lack.
  void Pump();
  PostgresConnection* LeastBusy() const;
  bool Connecting() const;
  void Open();
  void FailWaiting(const Status& why);

  /// Sees to it that CheckAll is called when this context ends, or little later.
  void Watch(const CallContext& context);
  void CheckAll();

  boost::asio::io_context& loop_;
  const Libpq& libpq_;
  const std::shared_ptr<const PostgresOptions> options_;
  PostgresConnection::Exchanges waiting_;
  std::vector<std::shared_ptr<PostgresConnection>> connections_;

  boost::asio::steady_timer watch_;
  bool watching_ = false;
  Clock::time_point watch_at_;

  int failures_ = 0;  ///< attempts to connect, since the last that succeeded
  Clock::time_point next_attempt_;
  Status last_failure_;

  const std::shared_ptr<void> alive_ = std::make_shared<int>();  ///< ends with the client
};

}  // namespace feast
