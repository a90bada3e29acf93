#pragma once
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/server/http/serve_http.h"

namespace feast {

/// How `feast serve` runs.
struct ServeOptions {
  /// Host, port, TLS, workers, access log, refresh, limits on connections and idle time; the rest
  /// comes from feature_store.yaml.
  HttpServerOptions http;
  bool metrics = false;  ///< as if `feature_server.metrics.enabled`
  /// Starts this binary as a batch process, which calls ServeBatchJobs.
  std::vector<std::string> batch_command;
};

/// The feature server over an open repository, until SIGTERM or SIGINT. Materializations and
/// offline writes run in child processes. Unimplemented when the repository asks for
/// authentication; what the file asks for and is not done is said on stderr.
Status Serve(FeatureStore& store, ServeOptions options);

/// The other side: takes jobs from descriptor 3 until the server closes it.
Status ServeBatchJobs(FeatureStore& store);

}  // namespace feast
