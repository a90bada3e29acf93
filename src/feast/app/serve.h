#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/server/grpc/serve_grpc.h"
#include "feast/server/http/serve_http.h"

namespace feast {

/// How a server of this repository runs. Limits on messages, calls in flight and the drain come
/// from feature_store.yaml.
struct ServeOptions {
  std::optional<HttpServerOptions> http;  ///< none: no HTTP
  std::optional<GrpcServerOptions> grpc;  ///< none: no gRPC
  int64_t registry_ttl_seconds = 60;      ///< at most 0: never refreshed in the background
  int write_threads = 2;
  bool access_log = true;  ///< one JSON line a request on stderr
  bool metrics = false;    ///< Prometheus' text on `native.server.metrics_port`
  /// Starts this binary as a batch process, which calls ServeBatchJobs.
  std::vector<std::string> batch_command;
};

/// The feature server over an open repository, until SIGTERM or SIGINT. Materializations and
/// offline writes run in child processes; what is in flight is answered before the end, as long as
/// its time lasts. Says on stderr when it is ready. Unimplemented when the repository asks for
/// authentication; what the file asks for and is not done is said on stderr.
Status Serve(FeatureStore& store, ServeOptions options);

/// The other side: takes jobs from descriptor 3 until the server closes it.
Status ServeBatchJobs(FeatureStore& store);

}  // namespace feast
