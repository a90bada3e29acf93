#include "feast/server/http/request_observer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "feast/server/access_log.h"
#include "feast/server/http/routes.h"

namespace feast {

using SteadyClock = std::chrono::steady_clock;

RequestObserver::RequestObserver(ServerMetrics* metrics, const Clock& clock, AccessLogSink sink)
    : metrics_(metrics), clock_(clock), sink_(std::move(sink)) {}

HttpRespond RequestObserver::Watch(const HttpRequest& request, HttpRespond respond) const {
  if (!metrics_ && !sink_) return respond;
  if (metrics_) metrics_->Began(Transport::kHttp);
  const auto started = SteadyClock::now();
  return [this, &request, started, respond = std::move(respond)](HttpResponse response) {
    Note(request, response, std::chrono::duration<double>(SteadyClock::now() - started).count());
    respond(std::move(response));
  };
}

void RequestObserver::Refused(std::string_view peer, int status) const {
  if (metrics_) {
    metrics_->Responded(status);
    metrics_->Answered("other", false, 0);
  }
  if (!sink_) return;
  AccessRecord record;
  record.time = clock_.Now();
  record.peer = peer;
  record.status = status;
  sink_(RenderAccessRecord(record));
}

void RequestObserver::Note(const HttpRequest& request, const HttpResponse& response,
                           double seconds) const {
  if (metrics_) {
    metrics_->Ended(Transport::kHttp);
    metrics_->Responded(response.status);
    const auto routes = HttpRoutes();
    const auto route = std::ranges::find(routes, request.path, &HttpRoute::path);
    // Paths that we do not know are the client's choice, and must not grow the metrics.
    if (route == routes.end()) {
      metrics_->Answered("other", response.status < 400, seconds);
    } else if (!route->counts_itself) {
      metrics_->Answered(route->path, response.status < 400, seconds);
    }
  }
  if (!sink_) return;
  sink_(RenderAccessRecord({clock_.Now(), request.peer, request.method, request.path,
                            request.Header("x-request-id"), response.status, request.body.size(),
                            response.body.size(), seconds}));
}

}  // namespace feast
