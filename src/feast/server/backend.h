#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "feast/auth/authorize.h"
#include "feast/base/blocking_pool.h"
#include "feast/base/clock.h"
#include "feast/ingest/ingest.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/server/server_metrics.h"
#include "feast/server/writes/push_service.h"

namespace feast {

/// Runs one materialization to its end and says how it went; the app runs it in a child process.
/// Called on a thread of the blocking pool.
using MaterializeRunner = std::function<Status(const CallContext&, const MaterializeRequest&,
                                               const MaterializeProgress&)>;

/// What the handlers of every transport call. Thread-safe as far as its members are; outlives the
/// servers.
struct ServerBackend {
  std::function<void(const CallContext&, OnlineRequest, OnlineDone)> retrieve;
  std::function<Result<PushOutcome>(const CallContext&, const PushRequest&, OwnedStream)> push;
  std::function<Status(const CallContext&, const std::string& view, OwnedStream,
                       bool transform_on_write, const TransformTimed&)>
      write_online;
  MaterializeRunner materialize;
  Registry* registry = nullptr;
  const Authorizer* authorizer = nullptr;
  const Clock* clock = nullptr;
  BlockingPool* writes = nullptr;          ///< for online pushes and direct writes
  BlockingPool* offline_writes = nullptr;  ///< for pushes with an offline leg
  BlockingPool* materializations = nullptr;
  BlockingPool* bodies =
      nullptr;  ///< parses and compresses large ones, next to nothing that blocks
  ServerMetrics* metrics = nullptr;  ///< null: nobody asked for them
  std::string project;
  std::chrono::milliseconds request_timeout{60'000};  ///< of reads and writes
  CallContext jobs;  ///< materializations run under it: cancelled when the server goes away
  std::function<void(const std::string&)> report;  ///< told of failures that no client hears of
};

/// A direct write to one view, counted: reads the registry anew first unless `cached`. Blocks.
Status WriteToOnlineStore(const ServerBackend& backend, const CallContext& context,
                          const std::string& view, OwnedStream rows, bool cached,
                          bool transform_on_write);

}  // namespace feast
