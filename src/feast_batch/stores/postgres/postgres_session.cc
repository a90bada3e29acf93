#include <poll.h>

#include <chrono>
#include <utility>

#include "feast/postgres/sql_state.h"
#include "feast_batch/stores/postgres/postgres_session_internal.h"

namespace feast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kConnectPatience{10};
constexpr std::chrono::milliseconds kLookAtContext{20};

/// Plans of one use are not worth compiling. A query whose asker has gone ends within a second.
/// Settings that a release does not know are left out.
constexpr char kSettingsSql[] =
    "SELECT set_config(s.name, w.value, false) FROM pg_settings s JOIN (VALUES "
    "('TimeZone', 'UTC'), ('DateStyle', 'ISO'), ('jit', 'off'), "
    "('standard_conforming_strings', 'on'), "
    "('client_connection_check_interval', '1000')) AS w(name, value) USING (name)";

}  // namespace

Result<std::unique_ptr<PostgresSession>> PostgresSession::Connect(
    const CallContext& context, std::shared_ptr<const PostgresServer> server) {
  FEAST_ASSIGN_OR_RETURN(const Libpq* libpq, Libpq::Load());
  std::unique_ptr<PostgresSession> session(new PostgresSession(context, *libpq, std::move(server)));
  FEAST_RETURN_IF_ERROR(session->Open());
  FEAST_RETURN_IF_ERROR(session->Configure());
  return session;
}

PostgresSession::PostgresSession(const CallContext& context, const Libpq& libpq,
                                 std::shared_ptr<const PostgresServer> server)
    : context_(context), libpq_(libpq), server_(std::move(server)), where_(server_->Where()) {}

PostgresSession::~PostgresSession() {
  FreeReceived();
  if (connection_ == nullptr) return;
  if (libpq_.PQtransactionStatus(connection_) == PQTRANS_ACTIVE) Cancel();
  libpq_.PQfinish(connection_);
}

Status PostgresSession::Open() {
  FEAST_RETURN_IF_ERROR(context_.Check());
  const auto parameters = server_->Parameters();
  std::vector<const char*> names = {"host"};
  std::vector<const char*> values = {server_->host.c_str()};
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_ = libpq_.PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0);
  if (connection_ == nullptr) return Status::ResourceExhausted("out of memory");
  libpq_.PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  const auto end = Clock::now() + kConnectPatience;
  auto next =
      libpq_.PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return ConnectionError().Annotate("cannot connect");
    FEAST_RETURN_IF_ERROR(context_.Check());
    if (Clock::now() > end) {
      return Status::Unavailable(where_ + ": cannot connect: no answer within " +
                                 std::to_string(kConnectPatience.count()) + " s");
    }
    const short events = next == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
    pollfd socket{libpq_.PQsocket(connection_), events, 0};
    if (poll(&socket, 1, kLookAtContext.count()) > 0) next = libpq_.PQconnectPoll(connection_);
  }
  if (libpq_.PQsetnonblocking(connection_, 1) != 0) return ConnectionError();
  return Status::OK();
}

Status PostgresSession::Configure() {
  FEAST_RETURN_IF_ERROR(Run(kSettingsSql));
  if (!context_.deadline()) return Status::OK();
  // The server's own limit stays where it is the shorter one.
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*context_.deadline() - Clock::now());
  const std::string limit = std::to_string(std::max<int64_t>(left.count(), 1));
  return Run("SELECT set_config('statement_timeout', '" + limit +
             "', false) FROM pg_settings WHERE name = 'statement_timeout' AND "
             "(setting::bigint = 0 OR setting::bigint > " +
             limit + ")");
}

Status PostgresSession::Wait(bool also_write) {
  while (true) {
    if (Status ended = context_.Check(); !ended.ok()) {
      Cancel();
      return ended.Annotate(where_);
    }
    const short events = also_write ? POLLIN | POLLOUT : POLLIN;
    pollfd socket{libpq_.PQsocket(connection_), events, 0};
    if (socket.fd < 0) return ConnectionError();
    if (poll(&socket, 1, kLookAtContext.count()) > 0) return Status::OK();
  }
}

Status PostgresSession::Flush() {
  while (true) {
    const int held = libpq_.PQflush(connection_);
    if (held < 0) return ConnectionError();
    if (held == 0) return Status::OK();
    FEAST_RETURN_IF_ERROR(Wait(/*also_write=*/true));
    // A server that has much to say, an error say, may wait until it is read.
    if (libpq_.PQconsumeInput(connection_) != 1) return ConnectionError();
  }
}

Status PostgresSession::SendCommand(bool accepted) {
  if (!accepted) return ConnectionError();
  return Flush();
}

Result<PostgresSession::Answer> PostgresSession::NextAnswer() {
  while (libpq_.PQisBusy(connection_) != 0) {
    FEAST_RETURN_IF_ERROR(Wait(/*also_write=*/false));
    if (libpq_.PQconsumeInput(connection_) != 1) return ConnectionError();
  }
  return Answer(libpq_.PQgetResult(connection_), libpq_.PQclear);
}

Result<PostgresSession::Answer> PostgresSession::LastAnswer() {
  Answer last(nullptr, libpq_.PQclear);
  Status error;
  while (true) {
    FEAST_ASSIGN_OR_RETURN(Answer next, NextAnswer());
    if (next == nullptr) break;
    const auto status = libpq_.PQresultStatus(next.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (error.ok()) error = ErrorOf(next.get());
    }
    last = std::move(next);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) break;
  }
  FEAST_RETURN_IF_ERROR(error);
  if (last == nullptr) return ConnectionError();
  return last;
}

Status PostgresSession::Run(const std::string& sql) {
  FEAST_RETURN_IF_ERROR(SendCommand(libpq_.PQsendQuery(connection_, sql.c_str()) == 1));
  return LastAnswer().status();
}

Result<PostgresSession::Texts> PostgresSession::Ask(const std::string& sql) {
  FEAST_RETURN_IF_ERROR(SendCommand(libpq_.PQsendQuery(connection_, sql.c_str()) == 1));
  FEAST_ASSIGN_OR_RETURN(const Answer answer, LastAnswer());
  Texts rows(libpq_.PQntuples(answer.get()));
  for (int row = 0; row < static_cast<int>(rows.size()); ++row) {
    for (int column = 0; column < libpq_.PQnfields(answer.get()); ++column) {
      const bool null = libpq_.PQgetisnull(answer.get(), row, column) != 0;
      rows[row].push_back(
          null ? std::nullopt
               : std::optional<std::string>(libpq_.PQgetvalue(answer.get(), row, column)));
    }
  }
  return rows;
}

Result<std::vector<PostgresColumn>> PostgresSession::Describe(const std::string& sql) {
  FEAST_RETURN_IF_ERROR(
      SendCommand(libpq_.PQsendPrepare(connection_, "", sql.c_str(), 0, nullptr) == 1));
  FEAST_RETURN_IF_ERROR(LastAnswer().status());
  FEAST_RETURN_IF_ERROR(SendCommand(libpq_.PQsendDescribePrepared(connection_, "") == 1));
  FEAST_ASSIGN_OR_RETURN(const Answer answer, LastAnswer());
  std::vector<PostgresColumn> columns;
  const int count = libpq_.PQnfields(answer.get());
  columns.reserve(count);
  for (int column = 0; column < count; ++column) {
    columns.push_back({libpq_.PQfname(answer.get(), column), libpq_.PQftype(answer.get(), column)});
  }
  return columns;
}

Status PostgresSession::StartSending(const std::string& copy) { return Run(copy); }

Status PostgresSession::Send(std::string_view data) {
  while (true) {
    const int sent = libpq_.PQputCopyData(connection_, data.data(), static_cast<int>(data.size()));
    if (sent < 0) return WhyEnded();
    if (sent == 1) return Flush();
    FEAST_RETURN_IF_ERROR(Flush());
  }
}

Status PostgresSession::FinishSending() {
  int sent = 0;
  while ((sent = libpq_.PQputCopyEnd(connection_, nullptr)) == 0) FEAST_RETURN_IF_ERROR(Flush());
  if (sent < 0) return WhyEnded();
  FEAST_RETURN_IF_ERROR(Flush());
  return LastAnswer().status();
}

// A server that refuses a row says so at once, and takes no more of them.
Status PostgresSession::WhyEnded() {
  Status why = LastAnswer().status();
  return why.ok() ? ConnectionError() : why;
}

Status PostgresSession::StartReceiving(const std::string& copy) { return Run(copy); }

Result<std::optional<std::string_view>> PostgresSession::Receive() {
  FreeReceived();
  while (true) {
    const int size = libpq_.PQgetCopyData(connection_, &received_, /*async=*/1);
    if (size > 0) return std::optional(std::string_view(received_, static_cast<size_t>(size)));
    if (size == -2) return ConnectionError();
    if (size == -1) {
      FEAST_RETURN_IF_ERROR(LastAnswer().status());
      return std::optional<std::string_view>();
    }
    FEAST_RETURN_IF_ERROR(Wait(/*also_write=*/false));
    if (libpq_.PQconsumeInput(connection_) != 1) return ConnectionError();
  }
}

void PostgresSession::FreeReceived() {
  if (received_ != nullptr) libpq_.PQfreemem(std::exchange(received_, nullptr));
}

void PostgresSession::Cancel() {
  PGcancel* const cancel = libpq_.PQgetCancel(connection_);
  if (cancel == nullptr) return;
  char ignored[256];
  libpq_.PQcancel(cancel, ignored, sizeof ignored);
  libpq_.PQfreeCancel(cancel);
}

Status PostgresSession::ErrorOf(const PGresult* result) const {
  const auto field = [&](int which) {
    const char* text = libpq_.PQresultErrorField(result, which);
    return std::string(text == nullptr ? "" : text);
  };
  const std::string message = field(PG_DIAG_MESSAGE_PRIMARY),
                    detail = field(PG_DIAG_MESSAGE_DETAIL);
  if (message.empty()) return ConnectionError();
  std::string text = where_ + ": " + OnOneLine(message);
  if (!detail.empty()) text += " (" + OnOneLine(detail) + ")";
  return SqlStateError(field(PG_DIAG_SQLSTATE), std::move(text));
}

Status PostgresSession::ConnectionError() const {
  return Status::Unavailable(where_ + ": " + OnOneLine(libpq_.PQerrorMessage(connection_)));
}

}  // namespace feast
