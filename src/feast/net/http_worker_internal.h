#pragma once
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include "feast/net/event_loop.h"
#include "feast/net/http_server.h"

namespace feast::http {

using SteadyClock = std::chrono::steady_clock;

/// An open connection, as its worker sees it. Single-core.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Says goodbye unless a request is on it.
  virtual void CloseIfIdle() = 0;
  virtual void Close() = 0;
  /// Called every so often: cuts it off when its time is over, gives memory back when it is idle.
  virtual void Tick(SteadyClock::time_point now) = 0;
};

/// What all workers of a server share. Thread-safe.
struct Shared {
  HttpListenOptions options;
  HttpHandler handler;
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<int> in_flight{0};
};

/// One event loop with its acceptor, its connections and its thread.
///
/// Single-core: all but the constructor, Register and Deregister runs on the loop's thread. The
/// loop's handlers and the connections share the ownership.
class Worker final : public std::enable_shared_from_this<Worker> {
 public:
  explicit Worker(std::shared_ptr<Shared> s) : shared(std::move(s)) {}

  /// Takes connections until it drains; when `max_connections` are open the next ones wait.
  void Accept();
  /// Stops accepting, later closes what is idle; ends the loop when the time for a drain is over.
  void Drain();

  /// Now, as the header `date` says it; rendered once a second.
  const std::string& Date();

  void Register(Connection* connection);
  /// May be called on another thread: the last owner of a connection is who answers its request.
  void Deregister(Connection* connection);
  /// May be called on any thread.
  size_t OpenConnections();

  const std::shared_ptr<Shared> shared;
  EventLoop loop;
  boost::asio::ip::tcp::acceptor acceptor{loop.context()};
  std::thread thread;
  bool draining = false;

 private:
  void Accepted(boost::system::error_code error, boost::asio::ip::tcp::socket socket);
  void ConnectionClosed();
  void AcceptWaiting();
  void Serve(boost::asio::ip::tcp::socket socket);
  void TickLater();
  void Tick();
  void AfterGrace();
  void CutOff();

  boost::asio::steady_timer timer_{loop.context()};  // of a retry, or of the drain
  boost::asio::steady_timer tick_{loop.context()};
  bool ticking_ = false;
  bool accepting_ = false;
  std::time_t date_second_ = -1;
  std::string date_;
  std::mutex mutex_;
  std::set<Connection*> connections_;  // guarded by mutex_
};

/// Starts to serve `socket`; the connection lives until it is closed.
void StartConnection(std::shared_ptr<Worker> worker, boost::asio::ip::tcp::socket socket);

/// TLS from the key and certificate of `options`; none when neither is given.
Result<std::optional<boost::asio::ssl::context>> LoadTls(const HttpListenOptions& options);

}  // namespace feast::http
