#include <array>

#include <boost/asio.hpp>

#include "feast/online/postgres/postgres_connection_internal.h"
#include "feast/online/postgres/postgres_error.h"
#include "feast/postgres/sql_state.h"

namespace feast {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Wait = asio::posix::stream_descriptor::wait_type;

constexpr std::chrono::seconds kConnectPatience{10};

/// Settings that only some releases know, and that are not worth a refused connection.
/// The plans of our statements do not depend on their parameters, and never want a sequential
/// scan; a query whose asker has gone ends within a second.
constexpr char kSettingsSql[] =
    "SELECT set_config(s.name, w.value, false) FROM pg_settings s JOIN (VALUES "
    "('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'), ('jit', 'off'), "
    "('client_connection_check_interval', '1000')) AS w(name, value) USING (name)";

std::vector<std::string> SplitHosts(const std::string& hosts) {
  std::vector<std::string> split;
  size_t begin = 0;
  while (begin <= hosts.size()) {
    const size_t end = std::min(hosts.find(',', begin), hosts.size());
    split.push_back(hosts.substr(begin, end - begin));
    begin = end + 1;
  }
  return split;
}

bool IsSocketFolder(const std::string& host) { return host.starts_with('/') || host[0] == '@'; }

}  // namespace

PostgresConnection::PostgresConnection(asio::io_context& loop, const Libpq& libpq,
                                       std::shared_ptr<const PostgresOptions> options, Owner& owner)
    : loop_(loop),
      libpq_(libpq),
      options_(std::move(options)),
      owner_(&owner),
      socket_(loop),
      resolver_(loop),
      patience_(loop) {}

PostgresConnection::~PostgresConnection() { (void)Close(); }

void PostgresConnection::Connect() {
  if (owner_ == nullptr) return;
  patience_.expires_after(kConnectPatience);
  patience_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->ready_) return;
    self->Fail("cannot connect: no answer within " + std::to_string(kConnectPatience.count()) +
               " s");
  });
  Resolve();
}

void PostgresConnection::Resolve() {
  // libpq would resolve names itself, and block the loop.
  struct Found {
    std::string hosts, addresses, error;
    size_t pending = 0;
  };
  const auto found = std::make_shared<Found>();
  const auto add = [found](const std::string& host, const std::string& address) {
    const char* comma = found->hosts.empty() ? "" : ",";
    found->hosts += comma + host;
    found->addresses += comma + address;
  };
  std::vector<std::string> names;
  for (const std::string& host : SplitHosts(options_->host)) {
    error_code not_numeric;
    asio::ip::make_address(host, not_numeric);
    if (host.empty() || IsSocketFolder(host)) {
      add(host, "");
    } else if (!not_numeric) {
      add(host, host);
    } else {
      names.push_back(host);
    }
  }
  found->pending = names.size();
  if (names.empty()) return Start(found->hosts, found->addresses);
  for (const std::string& name : names) {
    resolver_.async_resolve(
        name, "",
        [self = shared_from_this(), found, add, name](
            error_code error, const asio::ip::tcp::resolver::results_type& results) {
          if (self->owner_ == nullptr) return;
          if (error) found->error = error.message() + ": " + name;
          for (const auto& result : results) add(name, result.endpoint().address().to_string());
          if (--found->pending > 0) return;
          if (!found->hosts.empty()) return self->Start(found->hosts, found->addresses);
          self->Fail("cannot connect: the host is not known: " + found->error);
        });
  }
}

void PostgresConnection::Start(const std::string& hosts, const std::string& addresses) {
  const auto parameters = options_->Parameters();
  std::vector<const char*> names = {"host", "hostaddr"};
  std::vector<const char*> values = {hosts.c_str(), addresses.c_str()};
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_ = libpq_.PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0);
  if (connection_ == nullptr || libpq_.PQstatus(connection_) == CONNECTION_BAD) {
    return Fail("cannot connect: " + LastError());
  }
  libpq_.PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  AwaitConnect(Wait::wait_write);
}

void PostgresConnection::AwaitConnect(Wait what) {
  error_code error;
  socket_.assign(libpq_.PQsocket(connection_), error);
  if (error) return Fail("cannot connect: " + error.message());
  socket_.async_wait(what, [self = shared_from_this()](error_code failed) {
    if (!failed && self->owner_ != nullptr) self->PollConnect();
  });
}

void PostgresConnection::PollConnect() {
  // libpq may go on with another address, on another socket.
  socket_.release();
  switch (libpq_.PQconnectPoll(connection_)) {
    case PGRES_POLLING_READING:
      return AwaitConnect(Wait::wait_read);
    case PGRES_POLLING_OK:
      return BecomeReady();
    case PGRES_POLLING_FAILED:
      return Fail("cannot connect: " + LastError());
    default:
      return AwaitConnect(Wait::wait_write);
  }
}

void PostgresConnection::BecomeReady() {
  error_code error;
  socket_.assign(libpq_.PQsocket(connection_), error);
  if (error || libpq_.PQsetnonblocking(connection_, 1) != 0 ||
      libpq_.PQenterPipelineMode(connection_) != 1 || !SendSettings()) {
    return Fail("cannot connect: " + (error ? error.message() : LastError()));
  }
  patience_.cancel();
  ready_ = true;
  AwaitInput();
  owner_->Connected();
}

bool PostgresConnection::SendSettings() {
  if (libpq_.PQsendQueryParams(connection_, kSettingsSql, 0, nullptr, nullptr, nullptr, nullptr,
                               0) != 1 ||
      libpq_.PQpipelineSync(connection_) != 1) {
    return false;
  }
  steps_.push_back({Step::Kind::kSettings});
  steps_.push_back({Step::Kind::kSync});
  auto settings = std::make_unique<PostgresExchange>();
  settings->done = [](const Result<std::vector<PostgresResult>>&) {};
  sent_.push_back(std::move(settings));
  return true;
}

bool PostgresConnection::SendStatement(const PostgresStatement& statement, size_t index) {
  const size_t count = statement.parameters.size();
  std::vector<Oid> types(count);
  std::vector<const char*> values(count);
  std::vector<int> lengths(count);
  const std::vector<int> formats(count, 1);
  for (size_t i = 0; i < count; ++i) {
    types[i] = static_cast<Oid>(statement.parameters[i].type);
    values[i] = statement.parameters[i].bytes.data();
    lengths[i] = static_cast<int>(statement.parameters[i].bytes.size());
  }
  const int parameters = static_cast<int>(count);
  if (!statement.prepared) {
    steps_.push_back({Step::Kind::kExecute, index});
    return libpq_.PQsendQueryParams(connection_, statement.sql.c_str(), parameters, types.data(),
                                    values.data(), lengths.data(), formats.data(), 1) == 1;
  }
  auto [known, is_new] = prepared_.try_emplace(statement.sql);
  if (is_new) {
    known->second = "feast_" + std::to_string(next_name_++);
    steps_.push_back({Step::Kind::kPrepare, index, statement.sql});
    if (libpq_.PQsendPrepare(connection_, known->second.c_str(), statement.sql.c_str(), parameters,
                             types.data()) != 1) {
      return false;
    }
  }
  steps_.push_back({Step::Kind::kExecute, index});
  return libpq_.PQsendQueryPrepared(connection_, known->second.c_str(), parameters, values.data(),
                                    lengths.data(), formats.data(), 1) == 1;
}

void PostgresConnection::Send(std::unique_ptr<PostgresExchange> exchange) {
  const PostgresExchange& what = *exchange;
  sent_.push_back(std::move(exchange));
  bool sent = true;
  for (size_t i = 0; sent && i < what.statements.size(); ++i) {
    sent = SendStatement(what.statements[i], i);
  }
  sent = sent && libpq_.PQpipelineSync(connection_) == 1;
  steps_.push_back({Step::Kind::kSync});
  if (sent) return Flush();
  asio::post(loop_, [self = shared_from_this(), why = LastError()] { self->Fail(why); });
}

void PostgresConnection::Flush() {
  if (flushing_ || libpq_.PQflush(connection_) == 0) return;
  // More to write, or a failure that reading will report.
  flushing_ = true;
  socket_.async_wait(Wait::wait_write, [self = shared_from_this()](error_code error) {
    self->flushing_ = false;
    if (!error && self->owner_ != nullptr) self->Flush();
  });
}

void PostgresConnection::AwaitInput() {
  socket_.async_wait(Wait::wait_read, [self = shared_from_this()](error_code error) {
    if (error || self->owner_ == nullptr) return;
    self->TakeInput();
    if (self->owner_ != nullptr) self->AwaitInput();
  });
}

void PostgresConnection::TakeInput() {
  // OpenSSL may hold the rest of a record, which the socket knows nothing of: 16 KiB at most, and
  // libpq takes 8 KiB or more at a time.
  const int rounds = libpq_.PQsslInUse(connection_) != 0 ? 3 : 1;
  bool alive = true;
  for (int round = 0; alive && round < rounds; ++round) {
    alive = libpq_.PQconsumeInput(connection_) == 1;
    while (libpq_.PQisBusy(connection_) == 0 && !sent_.empty()) {
      if (!Take(libpq_.PQgetResult(connection_))) return;
    }
  }
  if (!alive || libpq_.PQstatus(connection_) == CONNECTION_BAD) return Fail(LastError());
  Flush();  // reading may have made room for what waits to be written
}

bool PostgresConnection::Take(PGresult* result) {
  const PostgresResult owned(result, [this_libpq = &libpq_](const PGresult* r) {
    this_libpq->PQclear(const_cast<PGresult*>(r));
  });
  const Step step = steps_.front();
  if (result == nullptr) {  // the end of one statement
    if (step.kind != Step::Kind::kSync) steps_.pop_front();
    return true;
  }
  switch (libpq_.PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
      steps_.pop_front();
      Finish();
      return owner_ != nullptr;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      if (step.kind == Step::Kind::kExecute) results_.push_back(owned);
      return true;
    case PGRES_PIPELINE_ABORTED:
      if (step.kind == Step::Kind::kPrepare) prepared_.erase(step.prepared);
      return true;
    default:
      return TakeError(step, result);
  }
}

bool PostgresConnection::TakeError(const Step& step, const PGresult* result) {
  const std::string state = Field(result, PG_DIAG_SQLSTATE);
  const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  std::string message = OnOneLine(Field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (severity == "FATAL" || severity == "PANIC" || state.empty()) {
    Fail(message.empty() ? LastError() : message);
    return false;
  }
  if (step.kind == Step::Kind::kSettings) return true;  // served without them
  if (step.kind == Step::Kind::kPrepare) prepared_.erase(step.prepared);
  if (!failure_.ok()) return true;
  const auto& statements = sent_.front()->statements;
  const PostgresStatement& statement = statements[step.statement];
  // Somebody else prepared it in vain, or a proxy has sent us to another server.
  if (state == "26000") prepared_.erase(statement.sql);
  failure_state_ = state;
  failure_ = PostgresError(state, message, statement.table, options_->Where());
  return true;
}

void PostgresConnection::Finish() {
  auto exchange = std::move(sent_.front());
  sent_.pop_front();
  auto results = std::exchange(results_, {});
  const Status failure = std::exchange(failure_, {});
  const std::string state = std::exchange(failure_state_, {});
  if (failure.ok()) {
    exchange->Answer(std::move(results));
  } else if ((state != "26000" && !IsLostRace(state)) || ++exchange->attempts >= 5) {
    exchange->Answer(failure);
  }
  if (exchange->answered()) exchange.reset();
  if (owner_ != nullptr) owner_->Answered(std::move(exchange));
}

void PostgresConnection::Fail(const std::string& why) {
  if (owner_ == nullptr) return;
  Owner& owner = *owner_;
  const bool was_connected = ready_;
  Status status = Status::Unavailable(options_->Where() + ": " + why);
  const auto self = shared_from_this();
  Exchanges unanswered = Close();
  owner.Lost(*this, was_connected, std::move(status), std::move(unanswered));
}

PostgresConnection::Exchanges PostgresConnection::Close() {
  owner_ = nullptr;
  ready_ = false;
  patience_.cancel();
  resolver_.cancel();
  if (socket_.is_open()) socket_.release();
  if (connection_ != nullptr) libpq_.PQfinish(std::exchange(connection_, nullptr));
  steps_.clear();
  Exchanges unanswered = std::exchange(sent_, {});
  std::erase_if(unanswered, [](const auto& exchange) {
    return exchange->answered() || exchange->statements.empty();  // of settings
  });
  return unanswered;
}

std::string PostgresConnection::LastError() const {
  if (connection_ == nullptr) return "out of memory";
  return OnOneLine(libpq_.PQerrorMessage(connection_));
}

std::string PostgresConnection::Field(const PGresult* result, int field) const {
  const char* text = libpq_.PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

}  // namespace feast
