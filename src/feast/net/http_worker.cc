#include <algorithm>

#include "feast/net/http_worker_internal.h"

namespace feast::http {

using boost::asio::ip::tcp;
using boost::system::error_code;

// An idle connection may send one more request: its client does not know yet, and is told with the
// answer.
constexpr std::chrono::milliseconds kGrace{500};

std::chrono::milliseconds TickInterval(const HttpLimits& limits) {
  const auto shortest = std::min(
      {limits.idle_timeout, limits.header_timeout, limits.read_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

void Worker::Accept() {
  if (draining || accepting_) return;
  if (OpenConnections() >= static_cast<size_t>(shared->options.limits.max_connections)) return;
  accepting_ = true;
  acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    self->Accepted(error, std::move(socket));
  });
}

void Worker::Accepted(error_code error, tcp::socket socket) {
  accepting_ = false;
  if (error && (draining || error == boost::asio::error::operation_aborted)) return;
  if (error) {
    // Out of descriptors, most likely: some come back when connections end.
    timer_.expires_after(std::chrono::milliseconds(50));
    timer_.async_wait([self = shared_from_this()](error_code e) {
      if (!e) self->Accept();
    });
    return;
  }
  Serve(std::move(socket));
  Accept();
}

void Worker::Serve(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  StartConnection(shared_from_this(), std::move(socket));
  if (!ticking_) TickLater();
}

// One timer for all connections: none of them sets one for each request.
void Worker::TickLater() {
  ticking_ = true;
  tick_.expires_after(TickInterval(shared->options.limits));
  tick_.async_wait([self = shared_from_this()](error_code error) {
    self->ticking_ = false;
    if (!error) self->Tick();
  });
}

void Worker::Tick() {
  const auto now = SteadyClock::now();
  const std::lock_guard lock(mutex_);
  for (Connection* connection : connections_) connection->Tick(now);
  if (!connections_.empty()) TickLater();
}

void Worker::Drain() {
  if (draining) return;
  draining = true;
  AcceptWaiting();
  error_code ignored;
  acceptor.close(ignored);
  if (OpenConnections() == 0) return ConnectionClosed();
  timer_.expires_after(std::min(kGrace, shared->options.limits.drain_timeout));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->AfterGrace();
  });
}

// Whoever has connected before the end began was let in: the system would reset those it still has.
void Worker::AcceptWaiting() {
  error_code error;
  acceptor.non_blocking(true, error);
  while (!error) {
    tcp::socket socket(loop.context());
    acceptor.accept(socket, error);
    if (!error) Serve(std::move(socket));
  }
}

void Worker::AfterGrace() {
  {
    const std::lock_guard lock(mutex_);
    for (Connection* connection : connections_) connection->CloseIfIdle();
  }
  const auto limit = shared->options.limits.drain_timeout;
  timer_.expires_after(limit - std::min(kGrace, limit));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->CutOff();
  });
}

void Worker::CutOff() {
  {
    const std::lock_guard lock(mutex_);
    for (Connection* connection : connections_) connection->Close();
  }
  tick_.cancel();  // what a stopped loop still holds would keep it alive for ever
  // After what the closed connections have to say.
  boost::asio::post(loop.context(), [this] { loop.context().stop(); });
}

const std::string& Worker::Date() {
  const std::time_t now = std::time(nullptr);
  if (now == date_second_) return date_;
  std::tm parts{};
  char text[32];
  gmtime_r(&now, &parts);
  // Names of days and months as in the C locale, which this process never leaves.
  date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  date_second_ = now;
  return date_;
}

void Worker::Register(Connection* connection) {
  const std::lock_guard lock(mutex_);
  connections_.insert(connection);
}

void Worker::Deregister(Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    connections_.erase(connection);
  }
  boost::asio::post(loop.context(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->ConnectionClosed();
  });
}

void Worker::ConnectionClosed() {
  if (!draining) return Accept();
  if (OpenConnections() > 0) return;
  timer_.cancel();
  tick_.cancel();
  loop.DropKept();
}

size_t Worker::OpenConnections() {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

}  // namespace feast::http
