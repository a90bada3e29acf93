#pragma once
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "feast/online/postgres/postgres_exchange_internal.h"
#include "feast/online/postgres/postgres_options.h"

namespace feast {

/// One connection in libpq's pipeline mode: exchanges are sent as they come and answered in order.
///
/// Single-core: lives on one event loop, which it never blocks. Kept alive by its own handlers
/// until it is closed.
class PostgresConnection : public std::enable_shared_from_this<PostgresConnection> {
 public:
  using Exchanges = std::deque<std::unique_ptr<PostgresExchange>>;

  /// Who is told what happens. Calls come from the loop, never from inside a call of the
  /// connection.
  class Owner {
   public:
    virtual void Connected() = 0;
    /// There is room for one more; `again` is an exchange to be tried again, or null.
    virtual void Answered(std::unique_ptr<PostgresExchange> again) = 0;
    /// The connection failed, or could not be made. `unanswered` are to be tried again or failed.
    virtual void Lost(PostgresConnection& connection, bool was_connected, Status why,
                      Exchanges unanswered) = 0;

   protected:
    ~Owner() = default;
  };

  PostgresConnection(boost::asio::io_context& loop, const Libpq& libpq,
                     std::shared_ptr<const PostgresOptions> options, Owner& owner);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  void Connect();
  bool ready() const { return ready_; }
  /// What was sent and not answered; the first is what the server works on.
  Exchanges& sent() { return sent_; }

  /// Sends an exchange; `ready` only.
  void Send(std::unique_ptr<PostgresExchange> exchange);

  /// Ends the connection, which then calls nobody any more. The server stops working on what was
  /// sent within about a second. Gives what was not answered.
  Exchanges Close();

 private:
  /// What the server answers next.
  struct Step {
    enum class Kind { kSettings, kPrepare, kExecute, kSync } kind = Kind::kSync;
    size_t statement = 0;
    std::string prepared{};  ///< the statement's text, of kPrepare
  };

  void Resolve();
  void Start(const std::string& hosts, const std::string& addresses);
  void AwaitConnect(boost::asio::posix::stream_descriptor::wait_type what);
  void PollConnect();
  void BecomeReady();
  bool SendSettings();
  bool SendStatement(const PostgresStatement& statement, size_t index);
  void Flush();
  void AwaitInput();
  void TakeInput();
  /// Whether the connection still lives.
  bool Take(PGresult* result);
  bool TakeError(const Step& step, const PGresult* result);
  void Finish();
  void Fail(const std::string& why);
  std::string LastError() const;
  std::string Field(const PGresult* result, int field) const;

  boost::asio::io_context& loop_;
  const Libpq& libpq_;
  const std::shared_ptr<const PostgresOptions> options_;
  Owner* owner_;  ///< null once closed
  PGconn* connection_ = nullptr;
  boost::asio::posix::stream_descriptor socket_;  ///< borrows libpq's
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer patience_;  ///< of connecting
  bool ready_ = false;
  bool flushing_ = false;

  Exchanges sent_;
  std::deque<Step> steps_;
  std::unordered_map<std::string, std::string> prepared_;  ///< text → name on the server
  uint64_t next_name_ = 0;

  // Of the exchange that is being answered.
  std::vector<PostgresResult> results_;
  Status failure_;
  std::string failure_state_;  ///< SQLSTATE
};

}  // namespace feast
