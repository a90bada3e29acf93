#include "feast/server/http/serve_http.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "feast/server/http/request_observer.h"
#include "feast/server/http/routes.h"
#include "feast/server/http/status_map.h"

namespace feast {
namespace {

constexpr size_t kLargeBody = 256 << 10;

/// Reads the registry anew every `seconds`, so that requests never wait for it.
class RegistryRefresher {
 public:
  RegistryRefresher(Registry& registry, int64_t seconds) {
    if (seconds <= 0) return;
    thread_ = std::jthread([this, &registry, seconds](const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      while (!woken_.wait_for(lock, stop, std::chrono::seconds(seconds), [] { return false; })) {
        if (stop.stop_requested()) return;
        // A failing refresh leaves the last good generation in force.
        (void)registry.Refresh();
      }
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

int Workers(int asked) {
  if (asked > 0) return asked;
  return static_cast<int>(2 * std::thread::hardware_concurrency() + 1);
}

HttpListenOptions ListenOptions(const HttpServerOptions& options) {
  HttpListenOptions listen;
  listen.host = options.host;
  listen.port = options.port;
  listen.workers = Workers(options.workers);
  listen.key_file = options.key;
  listen.cert_file = options.cert;
  listen.limits = options.limits;
  listen.stop_on_signals = true;
  return listen;
}

/// Prometheus' text on any path of a port of its own, on every address.
Result<std::unique_ptr<HttpServer>> ServeMetrics(int port, ServerMetrics& metrics) {
  HttpListenOptions listen;
  listen.port = port;
  listen.host = "::";  // takes IPv4 as well
  listen.limits.max_body_bytes = 64 << 10;
  listen.limits.max_connections = 64;
  listen.limits.drain_timeout = std::chrono::seconds(1);
  const HttpHandler handler = [&metrics](const HttpRequest& /*request*/, HttpRespond&& respond) {
    respond({200, "text/plain; version=0.0.4; charset=utf-8", metrics.Expose(), {}});
  };
  auto server = HttpServer::Start(listen, handler);
  if (server.ok()) return server;
  listen.host = "0.0.0.0";
  server = HttpServer::Start(listen, handler);
  if (server.ok()) return server;
  return server.status().Annotate("metrics");
}

HttpBackend MakeBackend(const HttpServerOptions& options, const HttpServerDeps& deps) {
  HttpBackend backend;
  backend.retrieve = [&](const CallContext& context, OnlineRequest request, OnlineDone done) {
    deps.retriever.Retrieve(context, std::move(request), std::move(done));
  };
  backend.push = deps.push;
  backend.write_online = [&](const CallContext& context, const std::string& view, OwnedStream rows,
                             bool transform_on_write, const TransformTimed& timed) {
    return deps.ingest.WriteOnline(context, view, std::move(rows), transform_on_write, timed);
  };
  backend.materialize = deps.materialize;
  backend.registry = &deps.registry;
  backend.authorizer = &deps.authorizer;
  backend.clock = &deps.clock;
  backend.project = deps.project;
  backend.request_timeout = options.request_timeout;
  backend.report = [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); };
  return backend;
}

AccessLogSink SinkOf(const HttpServerOptions& options) {
  if (!options.access_log) return nullptr;
  return [](const std::string& line) { std::fwrite(line.data(), 1, line.size(), stderr); };
}

}  // namespace

Status ServeHttp(const HttpServerOptions& options, const HttpServerDeps& deps) {
  ServerMetrics metrics(options.metrics, deps.registry, deps.project, deps.clock);
  HttpBackend backend = MakeBackend(options, deps);
  if (options.metrics.enabled) backend.metrics = &metrics;
  const RequestObserver observer(backend.metrics, deps.clock, SinkOf(options));
  // End before what their tasks use, and after the server that queues them.
  BlockingPool writes(static_cast<size_t>(std::max(options.write_threads, 1)), 256);
  BlockingPool offline_writes(1, 64);
  BlockingPool materializations(static_cast<size_t>(std::max(options.materialize_threads, 1)), 64);
  backend.writes = &writes;
  backend.offline_writes = &offline_writes;
  backend.materializations = &materializations;
  std::unique_ptr<HttpServer> metrics_server;
  if (options.metrics.enabled) {
    FEAST_ASSIGN_OR_RETURN(metrics_server, ServeMetrics(options.metrics_port, metrics));
  }
  HttpListenOptions listen = ListenOptions(options);
  listen.refused = [&](std::string_view peer, int status) { observer.Refused(peer, status); };
  FEAST_ASSIGN_OR_RETURN(
      const auto server,
      HttpServer::Start(listen, [&](const HttpRequest& request, HttpRespond&& respond) {
        respond = observer.Watch(request, std::move(respond));
        if (request.body.size() < kLargeBody) {
          return RouteHttp(backend, request, std::move(respond));
        }
        // Small requests do not wait while a large one is parsed; it lives until it is answered.
        const Status queued = writes.Submit([&backend, &request, respond]() mutable {
          RouteHttp(backend, request, std::move(respond));
        });
        if (!queued.ok()) respond(ErrorResponse(queued));
      }));
  const RegistryRefresher refresher(deps.registry, options.registry_ttl_seconds);
  if (metrics_server) std::fprintf(stderr, "Metrics on port %d\n", metrics_server->port());
  std::fprintf(stderr, "Feature server ready on %s://%s:%d\n",
               options.key.empty() ? "http" : "https", options.host.c_str(), server->port());
  server->Wait();
  // Asynchronous runs do not hold up the end; what they had marked is taken back.
  backend.jobs.Cancel();
  return Status::OK();
}

}  // namespace feast
