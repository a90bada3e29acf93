#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/postgres/libpq_internal.h"
#include "feast/postgres/postgres_server.h"

namespace feast {

/// A column of an answer as the server describes it.
struct PostgresColumn {
  std::string name;
  uint32_t type = 0;  ///< the server's number of its type
};

/// A connection for one piece of batch work, in UTC. Thread-compatible.
///
/// Calls wait, and end early, with the error of its context, when that ends: the server is told to
/// stop. Other errors are the server's texts with "PostgreSQL at host:port/database" in front,
/// under the codes of sql_state.h; Unavailable when the connection fails. What is not committed is
/// undone when the session ends, temporary tables included.
class PostgresSession {
 public:
  static Result<std::unique_ptr<PostgresSession>> Connect(
      const CallContext& context, std::shared_ptr<const PostgresServer> server);
  /// Stops what the server is doing.
  ~PostgresSession();
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  const std::string& where() const { return where_; }

  /// Statements without an answer.
  Status Run(const std::string& sql);
  /// The answer of one statement, as texts.
  using Texts = std::vector<std::vector<std::optional<std::string>>>;
  Result<Texts> Ask(const std::string& sql);
  /// The columns that a query would give; nothing runs.
  Result<std::vector<PostgresColumn>> Describe(const std::string& sql);

  /// Starts a COPY … FROM STDIN; what Send is given is its data.
  Status StartSending(const std::string& copy);
  Status Send(std::string_view data);
  Status FinishSending();

  /// Starts a COPY … TO STDOUT.
  Status StartReceiving(const std::string& copy);
  /// The next piece of its data, valid until the next call; none at the end.
  Result<std::optional<std::string_view>> Receive();

 private:
  using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

  PostgresSession(const CallContext& context, const Libpq& libpq,
                  std::shared_ptr<const PostgresServer> server);
  Status Open();
  Status Configure();
  /// Until the socket can be read (or also written); the context's error if that ends first.
  Status Wait(bool also_write);
  /// Sends what libpq holds back.
  Status Flush();
  /// The next result of what runs; null at its end.
  Result<Answer> NextAnswer();
  /// The last result of what runs, with the first error.
  Result<Answer> LastAnswer();
  Status SendCommand(bool accepted);
  /// The error that ended a COPY from here.
  Status WhyEnded();
  Status ErrorOf(const PGresult* result) const;
  Status ConnectionError() const;
  void Cancel();
  void FreeReceived();

  const CallContext context_;
  const Libpq& libpq_;
  const std::shared_ptr<const PostgresServer> server_;
  const std::string where_;
  PGconn* connection_ = nullptr;
  char* received_ = nullptr;
};

}  // namespace feast
