#pragma once
#include <string_view>

#include "feast/base/clock.h"
#include "feast/net/http_message.h"
#include "feast/server/access_log.h"
#include "feast/server/server_metrics.h"

namespace feast {

/// Counts and logs each answer. Immutable, thread-safe; borrows the metrics and the clock.
class RequestObserver {
 public:
  /// `metrics` and `sink` may be null: nothing is counted, nothing is logged.
  RequestObserver(ServerMetrics* metrics, const Clock& clock, AccessLogSink sink);

  /// `respond`, with a note of what was answered to `request`, which lives until then.
  HttpRespond Watch(const HttpRequest& request, HttpRespond respond) const;

  /// A request that no handler saw.
  void Refused(std::string_view peer, int status) const;

 private:
  void Note(const HttpRequest& request, const HttpResponse& response, double seconds) const;

  ServerMetrics* const metrics_;
  const Clock& clock_;
  const AccessLogSink sink_;
};

}  // namespace feast
