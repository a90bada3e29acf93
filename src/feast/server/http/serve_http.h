#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "feast/auth/authorize.h"
#include "feast/base/clock.h"
#include "feast/base/status.h"
#include "feast/config/feature_server_settings.h"
#include "feast/ingest/ingest.h"
#include "feast/net/http_server.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/server/http/backend.h"

namespace feast {

/// How the feature server listens and what it takes.
struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 6566;
  int workers = 1;       ///< event loops; -1: two a core and one more
  std::string key = {};  ///< TLS key and certificate files: both or none
  std::string cert = {};
  bool access_log = true;  ///< one JSON line a request on stderr
  HttpLimits limits = {};
  std::chrono::milliseconds request_timeout{60'000};  ///< of reads and writes
  int64_t registry_ttl_seconds = 60;  ///< at most 0: never refreshed in the background
  ServerMetricsSettings metrics = {};
  int metrics_port = 8000;  ///< 0: the system chooses
  int write_threads = 2;
  int materialize_threads = 2;
};

/// What the server stands on; everything borrowed until ServeHttp returns.
struct HttpServerDeps {
  OnlineRetriever& retriever;
  Ingest& ingest;
  Registry& registry;
  const Authorizer& authorizer;
  std::function<Result<PushOutcome>(const CallContext&, const PushRequest&, OwnedStream)> push;
  MaterializeRunner materialize;
  std::string project;
  const Clock& clock = SystemClock();
};

/// Serves until SIGTERM or SIGINT, and returns when what was in flight is answered or its time is
/// over; materializations that still run then are cancelled. Prints nothing but lines on stderr
/// once it listens, the access log, and failures of asynchronous work.
Status ServeHttp(const HttpServerOptions& options, const HttpServerDeps& deps);

}  // namespace feast
