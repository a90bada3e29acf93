#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast/net/http_message.h"

namespace feast {

/// What one process takes from its clients before it refuses.
struct HttpLimits {
  uint64_t max_body_bytes = 64ull << 20;             ///< more: 413
  uint32_t max_header_bytes = 64u << 10;             ///< more: 431
  int max_in_flight = 1024;                          ///< more requests at once: 503
  int max_connections = 8192;                        ///< of one worker; more wait to be accepted
  std::chrono::milliseconds idle_timeout{30'000};    ///< between requests of a connection
  std::chrono::milliseconds header_timeout{10'000};  ///< from a request's first byte; more: 408
  std::chrono::milliseconds read_timeout{
      60'000};  ///< for a whole request, or a handshake; more: 408
  std::chrono::milliseconds write_timeout{60'000};  ///< for one whole response
  std::chrono::milliseconds drain_timeout{30'000};  ///< for requests in flight when stopping
};

/// Called on the event loop for each request that was answered before a handler saw it: too large,
/// malformed, one too many.
using HttpRefused = std::function<void(std::string_view peer, int status)>;

struct HttpListenOptions {
  std::string host = "127.0.0.1";
  int port = 0;               ///< 0: the system chooses
  int workers = 1;            ///< event loops, one thread each
  std::string key_file = {};  ///< TLS when both are given
  std::string cert_file = {};
  HttpLimits limits = {};
  HttpRefused refused = {};
};

/// An HTTP/1.1 server: keep-alive, pipelining answered in order, TLS, limits, graceful drain.
///
/// Thread-safe. Each worker thread has its own event loop and acceptor (SO_REUSEPORT), and a
/// connection stays on its worker. `handler` is called on the connection's worker. A response costs
/// one write system call.
class HttpServer {
 public:
  /// Listens and starts the workers. Unavailable names a taken address, InvalidArgument a host, key
  /// or certificate that cannot be used, or a key without a certificate.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpListenOptions& options,
                                                   HttpHandler handler);
  /// Stops and waits.
  ~HttpServer();

  int port() const;
  /// Requests that handlers have not answered yet.
  int InFlight() const;
  int OpenConnections() const;
  /// Begins the drain: no new connections; requests in flight, and those that come on open
  /// connections within half a second, are answered and told that the connection ends (at most
  /// `drain_timeout`). Returns at once; may be called again.
  void Stop();
  /// Until drained.
  void Wait();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace feast
