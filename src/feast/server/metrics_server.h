#pragma once
#include <memory>

#include "feast/net/http_server.h"
#include "feast/server/server_metrics.h"

namespace feast {

/// Content type of Prometheus' text.
inline constexpr const char* kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

/// Prometheus' text on any path of a port of its own, on every address; 0: the system chooses.
/// Borrows the metrics. Unavailable names a taken port.
Result<std::unique_ptr<HttpServer>> ServeMetrics(int port, ServerMetrics& metrics);

}  // namespace feast
