#include "feast/server/http/handlers.h"
#include "feast/server/metrics_server.h"

namespace feast {

void HandleMetrics(const ServerBackend& backend, const HttpRequest& /*request*/,
                   HttpRespond&& respond) {
  if (!backend.metrics) {
    return respond({404,
                    "application/json",
                    R"({"detail":"No metrics are kept: start the server with --metrics"})",
                    {}});
  }
  // Not on the event loop: rendering takes as long as a large read.
  AnswerFromPool(*backend.writes, std::move(respond), [metrics = backend.metrics] {
    return HttpResponse{200, kMetricsText, metrics->Expose(), {}};
  });
}

}  // namespace feast
