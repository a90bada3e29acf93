#include "feast/net/http_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "feast/net/http_worker_internal.h"

namespace feast {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

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
  std::shared_ptr<http::Shared> shared = std::make_shared<http::Shared>();
  std::vector<std::shared_ptr<http::Worker>> workers;
  int port = 0;
  std::mutex join_mutex;

  Status Open() {
    const HttpListenOptions& options = shared->options;
    FEAST_ASSIGN_OR_RETURN(shared->tls, http::LoadTls(options));
    for (int i = 0; i < std::max(options.workers, 1); ++i) {
      workers.push_back(std::make_shared<http::Worker>(shared));
    }
    error_code error;
    const auto found =
        tcp::resolver(workers[0]->loop.context())
            .resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
    if (error || found.empty()) {
      return Status::InvalidArgument("cannot listen: " + error.message() + ": " + options.host);
    }
    tcp::endpoint endpoint = found.begin()->endpoint();
    const bool share = workers.size() > 1;
    if (share && options.port != 0) {
      // A shared port never collides with another process's: find that out without sharing.
      tcp::acceptor probe(workers[0]->loop.context());
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
    for (const auto& worker : workers) {
      worker->Accept();
      worker->thread = std::thread([worker] { worker->loop.Run(); });
    }
  }

  void Stop() {
    for (const auto& worker : workers) {
      // Weak: the loop may have ended, and keeps for ever what it will not run.
      asio::post(worker->loop.context(), [weak = std::weak_ptr(worker)] {
        if (const auto alive = weak.lock()) alive->Drain();
      });
    }
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
int HttpServer::InFlight() const { return impl_->shared->in_flight.load(); }
int HttpServer::OpenConnections() const {
  size_t count = 0;
  for (const auto& worker : impl_->workers) count += worker->OpenConnections();
  return static_cast<int>(count);
}
void HttpServer::Stop() { impl_->Stop(); }
void HttpServer::Wait() { impl_->Wait(); }

}  // namespace feast
