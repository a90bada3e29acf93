#pragma once
#include <string>

#include "feast/auth/authorize.h"
#include "feast/base/clock.h"
#include "feast/base/status.h"
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
  int workers = 1;       ///< -1: two a core and one more
  std::string key = {};  ///< TLS key and certificate files: both or none
  std::string cert = {};
  bool access_log = true;  ///< one JSON line a request on stderr
  HttpLimits limits = {};
  int64_t registry_ttl_seconds = 60;  ///< at most 0: never refreshed in the background
  int write_threads = 2;
  int materialize_threads = 2;
};

/// What the server stands on; everything borrowed until ServeHttp returns.
struct HttpServerDeps {
  OnlineRetriever& retriever;
  Ingest& ingest;
  Registry& registry;
  const Authorizer& authorizer;
  MaterializeRunner materialize;
  std::string project;
  const Clock& clock = SystemClock();
};

/// Serves until SIGTERM or SIGINT, and returns when what was in flight is answered. Prints nothing
/// but a line on stderr once it listens, and the access log.
Status ServeHttp(const HttpServerOptions& options, HttpServerDeps deps);

}  // namespace feast
