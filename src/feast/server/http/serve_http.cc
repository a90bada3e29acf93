#include "feast/server/http/serve_http.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "feast/server/http/routes.h"
#include "feast/server/http/status_map.h"

namespace feast {
namespace {

constexpr size_t kLargeBody = 256 << 10;

HttpListenOptions ListenOptions(const HttpServerOptions& options) {
  HttpListenOptions listen;
  listen.host = options.host;
  listen.port = options.port;
  listen.workers = EventLoopsOf(options);
  listen.key_file = options.key;
  listen.cert_file = options.cert;
  listen.limits = options.limits;
  return listen;
}

}  // namespace

int EventLoopsOf(const HttpServerOptions& options) {
  if (options.workers > 0) return options.workers;
  return static_cast<int>(2 * std::thread::hardware_concurrency() + 1);
}

HttpFeatureServer::HttpFeatureServer(const HttpServerOptions& options, const ServerBackend& backend,
                                     AccessLogSink log)
    : backend_(backend),
      max_values_(options.max_values),
      observer_(backend.metrics, *backend.clock, std::move(log)),
      codings_(options.compress_from_bytes, options.limits.max_body_bytes, *backend.bodies) {}

void HttpFeatureServer::Handle(const HttpRequest& request, HttpRespond&& respond) const {
  respond = codings_.WatchAnswer(request, observer_.Watch(request, std::move(respond)));
  if (!ContentCodings::IsCoded(request)) return Route(request, std::move(respond));
  codings_.Decode(request, std::move(respond),
                  [this](const HttpRequest& decoded, HttpRespond next) {
                    RouteLarge(decoded, std::move(next));
                  });
}

void HttpFeatureServer::Route(const HttpRequest& request, HttpRespond&& respond) const {
  if (request.body.size() < kLargeBody) return RouteHttp(backend_, request, std::move(respond));
  // Small requests do not wait while a large one is parsed; it lives until it is answered.
  const Status queued = backend_.bodies->Submit(
      [this, &request, respond]() mutable { RouteLarge(request, std::move(respond)); });
  if (!queued.ok()) respond(ErrorResponse(queued));
}

// Few bytes a value in the body are a hundred times as many when it is parsed.
void HttpFeatureServer::RouteLarge(const HttpRequest& request, HttpRespond&& respond) const {
  const auto begins_value = [](char c) { return c == ',' || c == '[' || c == '{'; };
  if (request.body.size() > static_cast<uint64_t>(max_values_) &&
      std::ranges::count_if(request.body, begins_value) > max_values_) {
    return respond(
        {413,
         "application/json",
         "{\"detail\":\"Request body holds more than " + std::to_string(max_values_) + " values\"}",
         {}});
  }
  RouteHttp(backend_, request, std::move(respond));
}

Result<std::unique_ptr<HttpFeatureServer>> HttpFeatureServer::Start(
    const HttpServerOptions& options, const ServerBackend& backend, AccessLogSink log) {
  std::unique_ptr<HttpFeatureServer> server(
      new HttpFeatureServer(options, backend, std::move(log)));
  HttpListenOptions listen = ListenOptions(options);
  listen.refused = [self = server.get()](std::string_view peer, int status) {
    self->observer_.Refused(peer, status);
  };
  FEAST_ASSIGN_OR_RETURN(server->server_,
                         HttpServer::Start(listen, [self = server.get()](const HttpRequest& request,
                                                                         HttpRespond&& respond) {
                           self->Handle(request, std::move(respond));
                         }));
  server->url_ = (options.key.empty() ? "http://" : "https://") + options.host + ":" +
                 std::to_string(server->server_->port());
  return server;
}

}  // namespace feast
