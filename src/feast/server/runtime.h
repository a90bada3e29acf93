#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "feast/auth/authorize.h"
#include "feast/base/blocking_pool.h"
#include "feast/base/clock.h"
#include "feast/config/feature_server_settings.h"
#include "feast/ingest/ingest.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/server/backend.h"

namespace feast {

/// How a server works, whatever it speaks.
struct ServerOptions {
  std::chrono::milliseconds request_timeout{60'000};  ///< of reads and writes
  int64_t max_values = 10'000'000;                    ///< of one read: its rows × its columns
  ServerMetricsSettings metrics = {};
  int write_threads = 2;
  int materialize_threads = 2;
};

/// What a server stands on; everything borrowed.
struct ServerDeps {
  OnlineRetriever& retriever;
  Ingest& ingest;
  Registry& registry;
  const Authorizer& authorizer;
  std::function<Result<PushOutcome>(const CallContext&, const PushRequest&, OwnedStream)> push;
  MaterializeRunner materialize;
  std::string project;
  std::function<OnlineCacheStats()> cache_stats = {};  ///< empty: there is no cache
  std::function<FeatureLogCounts()> log_counts = {};   ///< empty: nothing is logged
  /// Sees each read and its answer; empty: nobody does.
  std::function<OnlineDone(const CallContext&, const OnlineRequest&, OnlineDone)> watch = {};
  const Clock& clock = SystemClock();
};

/// What all transports of one process share: the backend, its pools and its metrics.
///
/// Thread-safe. The destructor finishes.
class ServerRuntime {
 public:
  ServerRuntime(const ServerOptions& options, const ServerDeps& deps);
  ~ServerRuntime();

  const ServerBackend& backend() const { return backend_; }

  /// Cancels the jobs that still run and waits for what is queued. For when the transports have
  /// drained and are still there: what ends late answers through them.
  void Finish();

 private:
  ServerMetrics metrics_;
  ServerBackend backend_;
  // End before what their tasks use.
  BlockingPool writes_;
  BlockingPool offline_writes_;
  BlockingPool materializations_;
  BlockingPool bodies_;
};

}  // namespace feast
