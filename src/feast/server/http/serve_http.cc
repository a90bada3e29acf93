#include "feast/server/http/serve_http.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "feast/server/http/access_log.h"
#include "feast/server/http/routes.h"

namespace feast {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Counts and logs each answer.
class Observer {
 public:
  Observer(Metrics& metrics, const Clock& clock, bool access_log)
      : clock_(clock), access_log_(access_log) {
    for (const HttpRoute& route : HttpRoutes()) endpoints_.push_back(Make(metrics, route.path));
    other_ = Make(metrics, "other");
  }

  HttpRespond Watch(const HttpRequest& request, HttpRespond respond) const {
    const auto started = SteadyClock::now();
    return [this, &request, started, respond = std::move(respond)](HttpResponse response) {
      // The request lives until the response is given.
      Note(request, response, std::chrono::duration<double>(SteadyClock::now() - started).count());
      respond(std::move(response));
    };
  }

 private:
  struct Endpoint {
    Counter* success;
    Counter* error;
    Histogram* latency;
  };

  static Endpoint Make(Metrics& metrics, std::string_view path) {
    const std::string name = "feast_feature_server_request_total";
    const std::string help = "Requests answered.";
    const std::string endpoint(path);
    return {&metrics.GetCounter(name, help, {{"endpoint", endpoint}, {"status", "success"}}),
            &metrics.GetCounter(name, help, {{"endpoint", endpoint}, {"status", "error"}}),
            &metrics.GetHistogram("feast_feature_server_request_latency_seconds",
                                  "Time from request to answer.", {{"endpoint", endpoint}},
                                  {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10})};
  }

  void Note(const HttpRequest& request, const HttpResponse& response, double seconds) const {
    const auto routes = HttpRoutes();
    const auto route = std::ranges::find(routes, request.path, &HttpRoute::path);
    const Endpoint& endpoint =
        route == routes.end() ? other_ : endpoints_[static_cast<size_t>(route - routes.begin())];
    (response.status < 400 ? endpoint.success : endpoint.error)->Add();
    endpoint.latency->Observe(seconds);
    if (!access_log_) return;
    const std::string line =
        RenderAccessRecord({clock_.Now(), request.peer, request.method, request.path,
                            response.status, request.body.size(), response.body.size(), seconds});
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  const Clock& clock_;
  const bool access_log_;
  std::vector<Endpoint> endpoints_;
  Endpoint other_;
};

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

HttpListenOptions ListenOptions(const HttpServerOptions& options) {
  HttpListenOptions listen;
  listen.host = options.host;
  listen.port = options.port;
  listen.workers = options.workers > 0
                       ? options.workers
                       : static_cast<int>(2 * std::thread::hardware_concurrency() + 1);
  listen.key_file = options.key;
  listen.cert_file = options.cert;
  listen.limits = options.limits;
  listen.stop_on_signals = true;
  return listen;
}

HttpBackend MakeBackend(HttpServerDeps& deps) {
  HttpBackend backend;
  backend.retrieve = [&](const CallContext& context, OnlineRequest request, OnlineDone done) {
    deps.retriever.Retrieve(context, std::move(request), std::move(done));
  };
  backend.push = [&](const CallContext& context, const std::string& source, OwnedStream rows,
                     PushMode mode) {
    return deps.ingest.Push(context, source, std::move(rows), mode);
  };
  backend.write_online = [&](const CallContext& context, const std::string& view,
                             OwnedStream rows) {
    return deps.ingest.WriteOnline(context, view, std::move(rows));
  };
  backend.materialize = deps.materialize;
  backend.registry = &deps.registry;
  backend.clock = &deps.clock;
  backend.project = deps.project;
  return backend;
}

}  // namespace

Status ServeHttp(const HttpServerOptions& options, HttpServerDeps deps) {
  Metrics metrics;
  HttpBackend backend = MakeBackend(deps);
  backend.metrics = &metrics;
  const Observer observer(metrics, deps.clock, options.access_log);
  // Ends before what its tasks use, and after the server that queues them.
  BlockingPool writes(static_cast<size_t>(std::max(options.write_threads, 1)), 256);
  BlockingPool materializations(static_cast<size_t>(std::max(options.materialize_threads, 1)), 64);
  backend.writes = &writes;
  backend.materializations = &materializations;
  FEAST_ASSIGN_OR_RETURN(const auto server,
                         HttpServer::Start(ListenOptions(options), [&](const HttpRequest& request,
                                                                       HttpRespond respond) {
                           RouteHttp(backend, request, observer.Watch(request, std::move(respond)));
                         }));
  const RegistryRefresher refresher(deps.registry, options.registry_ttl_seconds);
  std::fprintf(stderr, "Feature server ready on %s://%s:%d\n",
               options.key.empty() ? "http" : "https", options.host.c_str(), server->port());
  server->Wait();
  return Status::OK();
}

}  // namespace feast
