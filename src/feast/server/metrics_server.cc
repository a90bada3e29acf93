#include "feast/server/metrics_server.h"

#include <chrono>

namespace feast {

Result<std::unique_ptr<HttpServer>> ServeMetrics(int port, ServerMetrics& metrics) {
  HttpListenOptions listen;
  listen.port = port;
  listen.host = "::";  // takes IPv4 as well
  listen.limits.max_body_bytes = 64 << 10;
  listen.limits.max_connections = 64;
  listen.limits.drain_timeout = std::chrono::seconds(1);
  const HttpHandler handler = [&metrics](const HttpRequest& /*request*/, HttpRespond&& respond) {
    respond({200, kMetricsText, metrics.Expose(), {}});
  };
  auto server = HttpServer::Start(listen, handler);
  if (server.ok()) return server;
  listen.host = "0.0.0.0";
  server = HttpServer::Start(listen, handler);
  if (server.ok()) return server;
  return server.status().Annotate("metrics");
}

}  // namespace feast
