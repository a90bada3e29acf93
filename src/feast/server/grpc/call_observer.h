#pragma once
#include <string_view>

#include "feast/base/clock.h"
#include "feast/net/rpc_message.h"
#include "feast/server/access_log.h"
#include "feast/server/server_metrics.h"

namespace feast {

/// Counts and logs each answered call. Immutable, thread-safe; borrows the metrics and the clock.
class CallObserver {
 public:
  /// `metrics` and `sink` may be null: nothing is counted, nothing is logged.
  CallObserver(ServerMetrics* metrics, const Clock& clock, AccessLogSink sink);

  /// `respond`, with a note of what was answered to `request`, which lives until then. `counted`:
  /// the handler counts the call itself.
  RpcRespond Watch(const RpcRequest& request, bool counted, RpcRespond respond) const;

  /// A call that no handler saw.
  void Refused(std::string_view peer, std::string_view path, StatusCode code) const;

 private:
  ServerMetrics* const metrics_;
  const Clock& clock_;
  const AccessLogSink sink_;
};

}  // namespace feast
