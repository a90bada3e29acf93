#pragma once
#include <functional>
#include <string>

#include "feast/base/blocking_pool.h"
#include "feast/base/clock.h"
#include "feast/ingest/ingest.h"
#include "feast/metrics/metrics.h"
#include "feast/net/http_message.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// Runs one materialization to its end and says how it went; the app runs it in a child process.
/// Called on a thread of the blocking pool.
using MaterializeRunner = std::function<Status(const CallContext&, const MaterializeRequest&)>;

/// What the handlers call. Thread-safe as far as its members are; outlives the server.
struct HttpBackend {
  std::function<void(const CallContext&, OnlineRequest, OnlineDone)> retrieve;
  std::function<Status(const CallContext&, const std::string& source, OwnedStream, PushMode)> push;
  std::function<Status(const CallContext&, const std::string& view, OwnedStream)> write_online;
  MaterializeRunner materialize;
  Registry* registry = nullptr;
  const Clock* clock = nullptr;
  BlockingPool* writes = nullptr;  ///< for push and direct writes
  BlockingPool* materializations = nullptr;
  Metrics* metrics = nullptr;
  std::string project;
};

}  // namespace feast
