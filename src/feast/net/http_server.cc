#include "feast/net/http_server.h"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace feast {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::chrono::milliseconds kLinger{2000};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void CloseIfIdle() = 0;
  virtual void Close() = 0;
};

/// What all workers share.
struct Shared {
  HttpListenOptions options;
  HttpHandler handler;
  std::optional<asio::ssl::context> tls;
  std::atomic<int> in_flight{0};
  std::atomic<int> connections{0};
};

/// One event loop and its connections.
struct Worker {
  explicit Worker(std::shared_ptr<Shared> s) : shared(std::move(s)) {}

  std::shared_ptr<Shared> shared;
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  asio::steady_timer timer{loop};
  std::mutex mutex;
  std::set<Connection*> connections;  // guarded by mutex: the last owner may be another thread
  bool draining = false;              // loop thread only
  std::thread thread;
};

std::string RenderHead(const HttpResponse& response, bool keep_alive, bool http10) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(reason.data(), reason.size());
  if (!response.content_type.empty()) head += "\r\ncontent-type: " + response.content_type;
  if (response.status != 204) {
    head += "\r\ncontent-length: " + std::to_string(response.body.size());
  }
  for (const auto& [name, value] : response.headers) head += "\r\n" + name + ": " + value;
  if (!keep_alive) head += "\r\nconnection: close";
  if (keep_alive && http10) head += "\r\nconnection: keep-alive";
  return head + "\r\n\r\n";
}

HttpResponse Refusal(int status, std::string_view detail) {
  return {status, "application/json", "{\"detail\":\"" + std::string(detail) + "\"}", {}};
}

/// One connection: reads a request, hands it out, writes the answer, reads the next. Requests that
/// were sent ahead wait in the buffer, so answers keep their order. Single-core.
template <typename Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <typename... TlsContext>
  Session(std::shared_ptr<Worker> worker, tcp::socket socket, TlsContext&... tls)
      : worker_(std::move(worker)), stream_(std::move(socket), tls...) {
    error_code ignored;
    peer_ = Tcp().socket().remote_endpoint(ignored).address().to_string();
    const std::lock_guard lock(worker_->mutex);
    worker_->connections.insert(this);
  }
  ~Session() override {
    worker_->shared->connections.fetch_sub(1);
    const std::lock_guard lock(worker_->mutex);
    worker_->connections.erase(this);
    if (!worker_->connections.empty()) return;
    asio::post(worker_->loop, [worker = worker_] {
      if (worker->draining) worker->timer.cancel();
    });
  }

  void Start() {
    if constexpr (kTls) {
      Tcp().expires_after(Limits().read_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                if (!error) self->AwaitRequest();
                              });
    } else {
      AwaitRequest();
    }
  }
  void CloseIfIdle() override {
    if (idle_) Close();
  }
  void Close() override { Tcp().close(); }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  /// One request that the handler holds. Keeps connection and event loop alive until it is
  /// answered.
  struct Pending {
    explicit Pending(std::shared_ptr<Session> s)
        : session(std::move(s)), guard(asio::make_work_guard(session->worker_->loop)) {}
    ~Pending() {
      if (!answered.exchange(true)) Finish(std::nullopt);
    }
    void Answer(HttpResponse response) {
      if (!answered.exchange(true)) Finish(std::move(response));
    }
    void Finish(std::optional<HttpResponse> response) {
      session->worker_->shared->in_flight.fetch_sub(1);
      auto& loop = session->worker_->loop;
      asio::dispatch(loop, [self = std::move(session), r = std::move(response)]() mutable {
        if (r) return self->Write(std::move(*r), self->parser_->keep_alive());
        self->Close();
      });
    }
    std::shared_ptr<Session> session;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    std::atomic<bool> answered{false};
  };

  beast::tcp_stream& Tcp() { return beast::get_lowest_layer(stream_); }
  const HttpLimits& Limits() const { return worker_->shared->options.limits; }

  void AwaitRequest() {
    if (buffer_.size() > 0) return ReadHeader();
    if (worker_->draining) return Finish();
    idle_ = true;
    Tcp().expires_after(Limits().idle_timeout);
    stream_.async_read_some(buffer_.prepare(8192),
                            [self = this->shared_from_this()](error_code error, size_t bytes) {
                              self->idle_ = false;
                              if (error) return;
                              self->buffer_.commit(bytes);
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->body_limit(Limits().max_body_bytes);
    parser_->header_limit(Limits().max_header_bytes);
    Tcp().expires_after(Limits().read_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, size_t) {
          if (error) return self->RefuseBroken(error);
          if (!beast::iequals(self->parser_->get()[http::field::expect], "100-continue")) {
            return self->ReadBody();
          }
          self->Continue();
        });
  }

  void Continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (!error) self->ReadBody();
                      });
  }

  void ReadBody() {
    if (parser_->is_done()) return Dispatch();
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code error, size_t) {
                       if (error) return self->RefuseBroken(error);
                       self->Dispatch();
                     });
  }

  void RefuseBroken(error_code error) {
    if (error == http::error::body_limit) {
      return Write(Refusal(413, "Request body is larger than " +
                                    std::to_string(Limits().max_body_bytes) + " bytes"),
                   false);
    }
    if (error == http::error::header_limit) {
      return Write(Refusal(431, "Request header fields are too large"), false);
    }
    if (error == beast::error::timeout) return;  // the stream has closed itself
    if (error == http::error::end_of_stream || error == http::error::partial_message) return;
    if (error.category() == http::make_error_code(http::error::bad_method).category()) {
      Write(Refusal(400, "Malformed HTTP request: " + error.message()), false);
    }
  }

  void Dispatch() {
    const auto& message = parser_->get();
    const std::string_view target(message.target().data(), message.target().size());
    const size_t question = std::min(target.find('?'), target.size());
    request_ = {{message.method_string().data(), message.method_string().size()},
                target.substr(0, question),
                target.substr(std::min(question + 1, target.size())),
                message.body(),
                peer_,
                {}};
    for (const auto& field : message) {
      request_.headers.emplace_back(
          std::string_view(field.name_string().data(), field.name_string().size()),
          std::string_view(field.value().data(), field.value().size()));
    }
    Tcp().expires_never();
    Shared& shared = *worker_->shared;
    if (shared.in_flight.fetch_add(1) >= Limits().max_in_flight) {
      shared.in_flight.fetch_sub(1);
      return Write(Refusal(503, "Too many requests in flight, try again"), parser_->keep_alive());
    }
    const auto pending = std::make_shared<Pending>(this->shared_from_this());
    try {
      shared.handler(request_,
                     [pending](HttpResponse response) { pending->Answer(std::move(response)); });
    } catch (const std::exception& error) {
      pending->Answer(Refusal(500, "Internal error"));
    }
  }

  void Write(HttpResponse response, bool keep_alive) {
    keep_alive = keep_alive && !worker_->draining;
    head_ = RenderHead(response, keep_alive, parser_->get().version() < 11);
    body_ = std::move(response.body);
    if (parser_->get().method() == http::verb::head) body_.clear();
    Tcp().expires_after(Limits().write_timeout);
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(stream_, parts,
                      [self = this->shared_from_this(), keep_alive](error_code error, size_t) {
                        if (error) return;
                        if (!keep_alive) return self->Finish();
                        self->AwaitRequest();
                      });
  }

  /// Says goodbye, then reads until the client has too: an early close would cut off the answer.
  void Finish() {
    Tcp().expires_after(kLinger);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->Discard(); });
    } else {
      Discard();
    }
  }
  void Discard() {
    error_code ignored;
    Tcp().socket().shutdown(tcp::socket::shutdown_send, ignored);
    DiscardMore();
  }
  void DiscardMore() {
    buffer_.clear();
    Tcp().async_read_some(buffer_.prepare(65536),
                          [self = this->shared_from_this()](error_code error, size_t) {
                            if (!error) self->DiscardMore();
                          });
  }

  std::shared_ptr<Worker> worker_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpRequest request_;
  std::string peer_;
  std::string head_;
  std::string body_;
  bool idle_ = false;
};

void Accept(const std::shared_ptr<Worker>& worker) {
  worker->acceptor.async_accept([worker](error_code error, tcp::socket socket) {
    if (worker->draining || error == asio::error::operation_aborted) return;
    Shared& shared = *worker->shared;
    if (error) {
      // Out of descriptors, most likely: some come back when connections end.
      worker->timer.expires_after(std::chrono::milliseconds(50));
      worker->timer.async_wait([worker](error_code e) {
        if (!e && !worker->draining) Accept(worker);
      });
      return;
    }
    if (shared.connections.fetch_add(1) >= shared.options.limits.max_connections) {
      shared.connections.fetch_sub(1);
      return Accept(worker);
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (shared.tls) {
      using Tls = beast::ssl_stream<beast::tcp_stream>;
      std::make_shared<Session<Tls>>(worker, std::move(socket), *shared.tls)->Start();
    } else {
      std::make_shared<Session<beast::tcp_stream>>(worker, std::move(socket))->Start();
    }
    Accept(worker);
  });
}

void Drain(const std::shared_ptr<Worker>& worker) {
  if (worker->draining) return;
  worker->draining = true;
  error_code ignored;
  worker->acceptor.close(ignored);
  {
    const std::lock_guard lock(worker->mutex);
    for (Connection* connection : worker->connections) connection->CloseIfIdle();
    if (worker->connections.empty()) return;
  }
  worker->timer.expires_after(worker->shared->options.limits.drain_timeout);
  worker->timer.async_wait([worker](error_code error) {
    if (!error) worker->loop.stop();
  });
}

Status LoadTls(const HttpListenOptions& options, Shared* shared) {
  if (options.key_file.empty() && options.cert_file.empty()) return Status::OK();
  if (options.key_file.empty() || options.cert_file.empty()) {
    return Status::InvalidArgument("TLS needs both a key and a certificate, got only a " +
                                   std::string(options.key_file.empty() ? "certificate" : "key"));
  }
  shared->tls.emplace(asio::ssl::context::tls_server);
  shared->tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                           asio::ssl::context::no_tlsv1_1);
  error_code error;
  shared->tls->use_certificate_chain_file(options.cert_file, error);
  if (error) {
    return Status::InvalidArgument("TLS certificate cannot be used: " + error.message() + ": " +
                                   options.cert_file);
  }
  shared->tls->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
  if (error) {
    return Status::InvalidArgument("TLS key cannot be used: " + error.message() + ": " +
                                   options.key_file);
  }
  return Status::OK();
}

error_code Listen(tcp::acceptor* acceptor, const tcp::endpoint& endpoint, bool shared_port) {
  error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && shared_port) acceptor->set_option(ReusePort(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  return error;
}

}  // namespace

class HttpServer::Impl {
 public:
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  std::vector<std::shared_ptr<Worker>> workers;
  std::optional<asio::signal_set> signals;
  int port = 0;
  std::mutex join_mutex;

  Status Open() {
    const HttpListenOptions& options = shared->options;
    FEAST_RETURN_IF_ERROR(LoadTls(options, shared.get()));
    for (int i = 0; i < std::max(options.workers, 1); ++i) {
      workers.push_back(std::make_shared<Worker>(shared));
    }
    error_code error;
    const auto found =
        tcp::resolver(workers[0]->loop)
            .resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
    if (error || found.empty()) {
      return Status::InvalidArgument("cannot listen: " + error.message() + ": " + options.host);
    }
    tcp::endpoint endpoint = found.begin()->endpoint();
    const bool share = workers.size() > 1;
    if (share && options.port != 0) {
      // A shared port never collides with another process's: find that out without sharing.
      tcp::acceptor probe(workers[0]->loop);
      error = Listen(&probe, endpoint, false);
    }
    for (const auto& worker : workers) {
      if (!error) error = Listen(&worker->acceptor, endpoint, share);
      if (!error) endpoint.port(worker->acceptor.local_endpoint().port());
    }
    if (error) {
      return Status::Unavailable("cannot listen: " + error.message() + ": " + options.host + ":" +
                                 std::to_string(options.port));
    }
    port = endpoint.port();
    return Status::OK();
  }

  void Run() {
    if (shared->options.stop_on_signals) {
      signals.emplace(workers[0]->loop, SIGTERM, SIGINT);
      signals->async_wait([this](error_code error, int) {
        if (!error) Stop();
      });
    }
    for (const auto& worker : workers) {
      Accept(worker);
      worker->thread = std::thread([worker] { worker->loop.run(); });
    }
  }

  void Stop() {
    for (const auto& worker : workers) asio::post(worker->loop, [worker] { Drain(worker); });
    asio::post(workers[0]->loop, [this] {
      if (signals) signals->cancel();
    });
  }

  void Wait() {
    const std::lock_guard lock(join_mutex);
    for (const auto& worker : workers) {
      if (worker->thread.joinable()) worker->thread.join();
    }
  }
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpListenOptions& options,
                                                      HttpHandler handler) {
  auto impl = std::make_unique<Impl>();
  impl->shared->options = options;
  impl->shared->handler = std::move(handler);
  try {
    FEAST_RETURN_IF_ERROR(impl->Open());
    impl->Run();
  } catch (const std::exception& error) {
    return Status::Internal(std::string("cannot start the HTTP server: ") + error.what());
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  Stop();
  Wait();
}

int HttpServer::port() const { return impl_->port; }
void HttpServer::Stop() { impl_->Stop(); }
void HttpServer::Wait() { impl_->Wait(); }

}  // namespace feast
