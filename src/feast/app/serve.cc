#include "feast/app/serve.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "feast/base/child_process.h"
#include "feast/compute/child/batch_jobs.h"
#include "feast/compute/child/batch_worker.h"
#include "feast/net/descriptor_limit.h"
#include "feast/net/stop_signals.h"
#include "feast/server/metrics_server.h"
#include "feast/server/registry_refresher.h"
#include "feast/server/runtime.h"
#include "feast/server/writes/push_service.h"
#include "feast/serving_log/feature_logger.h"

namespace feast {
namespace {

void Warn(const std::string& what) { std::fprintf(stderr, "warning: %s\n", what.c_str()); }

Status CheckProtection(FeatureStore& store) {
  const RepoConfig& config = store.config();
  if (config.auth_type != "no_auth") {
    return Status::Unimplemented(config.file + ": auth.type '" + config.auth_type +
                                 "' is not supported yet; only no_auth is. Refusing to serve "
                                 "without the protection that the file asks for.");
  }
  const auto snapshot = store.registry().Cached();
  if (!snapshot.ok()) return Status::OK();  // health says so
  const auto& permissions = (*snapshot)->proto().permissions();
  const auto ours = std::ranges::count_if(
      permissions, [&](const auto& one) { return one.spec().project() == config.project; });
  if (ours > 0) {
    Warn("project " + config.project + " has " + std::to_string(ours) +
         " permissions, which are not enforced: everybody may do everything");
  }
  return Status::OK();
}

// Upstream's setting for the size of its pool.
int MaterializeThreads() {
  const char* text = std::getenv("FEAST_MATERIALIZE_MAX_WORKERS");
  return text ? std::max(1, std::atoi(text)) : 2;
}

/// Has the memory of large requests go back to the system when they are over: left alone, the
/// allocator keeps ever larger blocks for the next one.
void ReturnLargeBlocks() {
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

/// Raises the limit of open files, and says when it is lower than what is asked for needs.
void MakeRoomForConnections(const HttpServerOptions& http) {
  constexpr uint64_t kOthers = 256;  // connections to stores, files, children
  const auto loops = static_cast<uint64_t>(EventLoopsOf(http));
  const uint64_t needed = loops * static_cast<uint64_t>(http.limits.max_connections) + kOthers;
  const uint64_t limit = RaiseDescriptorLimit();
  if (limit >= needed) return;
  Warn("this process may open " + std::to_string(limit) +
       " files, and its connections could need " + std::to_string(needed) +
       ": what is too much waits. Raise `ulimit -n`, or lower "
       "--worker-connections");
}

ServerOptions ServerOptionsOf(const RepoConfig& config, const ServeOptions& asked) {
  ServerOptions options;
  options.request_timeout = std::chrono::seconds(config.server_limits.request_timeout_seconds);
  options.max_values = config.server_limits.max_values;
  options.metrics = config.feature_server.metrics;
  options.metrics.enabled = asked.metrics;
  options.write_threads = asked.write_threads;
  options.materialize_threads = MaterializeThreads();
  return options;
}

HttpServerOptions Limited(HttpServerOptions options, const ServerLimits& limits) {
  options.limits.max_body_bytes = static_cast<uint64_t>(limits.max_body_bytes);
  options.limits.max_in_flight = static_cast<int>(limits.max_in_flight);
  options.limits.read_timeout = std::chrono::seconds(limits.read_timeout_seconds);
  options.limits.drain_timeout = std::chrono::seconds(limits.drain_timeout_seconds);
  options.max_values = limits.max_values;
  options.compress_from_bytes = static_cast<size_t>(limits.compress_from_bytes);
  return options;
}

GrpcServerOptions Limited(GrpcServerOptions options, const ServerLimits& limits) {
  options.limits.max_message_bytes = limits.max_body_bytes;
  options.limits.max_in_flight = static_cast<int>(limits.max_in_flight);
  options.limits.drain_timeout = std::chrono::seconds(limits.drain_timeout_seconds);
  return options;
}

// The cache never expires between two refreshes, so no request reads the registry.
int64_t RefreshSeconds(const RepoConfig& config, int64_t asked) {
  const int64_t cached = config.registry_cache_ttl_seconds;
  return cached > 0 && asked > 0 ? std::min(asked, cached) : asked;
}

AccessLogSink SinkOf(const ServeOptions& options) {
  if (!options.access_log) return nullptr;
  return [](const std::string& line) { std::fwrite(line.data(), 1, line.size(), stderr); };
}

std::function<OnlineCacheStats()> CacheStatsOf(FeatureStore& store) {
  if (!store.online_cache()) return nullptr;
  return [cache = store.online_cache()] { return cache->stats(); };
}

std::unique_ptr<OfflinePushQueue> MakeQueue(const RepoConfig& config, const OfflineWriter& writer) {
  const auto& batching = config.feature_server.offline_push_batching;
  if (!batching) return nullptr;
  OfflineBatching options;
  options.rows = batching->rows;
  options.interval = std::chrono::seconds(batching->interval_seconds);
  options.max_rows = std::max(options.max_rows, 10 * batching->rows);
  options.report = [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); };
  return std::make_unique<OfflinePushQueue>(std::move(options), writer);
}

/// Writes what feature services with a logging configuration serve; null: not asked for.
Result<std::unique_ptr<FeatureLogger>> MakeLogger(FeatureStore& store) {
  const RepoConfig& config = store.config();
  const auto& logging = config.feature_server.feature_logging;
  if (!logging) return std::unique_ptr<FeatureLogger>();
  // Now, so that a missing module or a wrong setting is told at the start.
  FEAST_RETURN_IF_ERROR(store.offline_store().status());
  FeatureLogOptions options;
  options.resolve = ResolveOptionsFrom(config);
  options.max_rows = static_cast<size_t>(logging->queue_capacity);
  options.flush_interval = std::chrono::seconds(logging->flush_interval_seconds);
  options.report = [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); };
  const LogWriter writer = [&store](const CallContext& context,
                                    const core::LoggingConfig& destination,
                                    const std::string& batch, OwnedStream rows) -> Status {
    FEAST_ASSIGN_OR_RETURN(OfflineStore* const logs, store.log_store(destination));
    return logs->WriteLogs(context, destination, batch, std::move(rows));
  };
  return std::make_unique<FeatureLogger>(store.registry(), std::move(options), writer,
                                         store.clock());
}

std::function<OnlineDone(const CallContext&, const OnlineRequest&, OnlineDone)> WatchOf(
    FeatureLogger* logger) {
  if (!logger) return {};
  return [logger](const CallContext& context, const OnlineRequest& request, OnlineDone done) {
    return logger->Watch(context, request, std::move(done));
  };
}

std::function<FeatureLogCounts()> LogCountsOf(const FeatureLogger* logger) {
  if (!logger) return {};
  return [logger] { return logger->counts(); };
}

void ReportLog(const FeatureLogger& logger) {
  const FeatureLogCounts counts = logger.counts();
  if (counts.dropped + counts.failed == 0) return;
  Warn("feature log: " + std::to_string(counts.dropped) +
       " rows were dropped for want of room (see queue_capacity), " +
       std::to_string(counts.failed) + " could not be written, " + std::to_string(counts.written) +
       " were written");
}

/// What listens in this process.
struct Servers {
  std::unique_ptr<HttpServer> metrics;
  std::unique_ptr<HttpFeatureServer> http;
  std::unique_ptr<GrpcFeatureServer> grpc;

  Status Start(const RepoConfig& config, const ServeOptions& options,
               const ServerBackend& backend) {
    const ServerLimits& limits = config.server_limits;
    if (backend.metrics) {
      FEAST_ASSIGN_OR_RETURN(metrics,
                             ServeMetrics(static_cast<int>(limits.metrics_port), *backend.metrics));
    }
    if (options.http) {
      FEAST_ASSIGN_OR_RETURN(
          http, HttpFeatureServer::Start(Limited(*options.http, limits), backend, SinkOf(options)));
    }
    if (options.grpc) {
      FEAST_ASSIGN_OR_RETURN(
          grpc, GrpcFeatureServer::Start(Limited(*options.grpc, limits), backend, SinkOf(options)));
    }
    return Status::OK();
  }
  void SayReady() const {
    if (metrics) std::fprintf(stderr, "Metrics on port %d\n", metrics->port());
    if (http) std::fprintf(stderr, "Feature server ready on %s\n", http->url().c_str());
    if (grpc) std::fprintf(stderr, "Feature server ready on %s\n", grpc->url().c_str());
  }
  void Stop() const {
    if (http) http->Stop();
    if (grpc) grpc->Stop();
  }
  void Wait() const {
    if (http) http->Wait();
    if (grpc) grpc->Wait();
  }
};

/// Listens on everything asked for, and returns when all of it has drained.
Status Listen(FeatureStore& store, const ServeOptions& options, ServerRuntime& runtime) {
  Servers servers;
  FEAST_RETURN_IF_ERROR(servers.Start(store.config(), options, runtime.backend()));
  const RegistryRefresher refresher(
      store.registry(), RefreshSeconds(store.config(), options.registry_ttl_seconds), [&] {
        if (!servers.grpc) return;
        servers.grpc->SetServing(store.registry().Cached().ok());
      });
  const StopSignals signals([&] { servers.Stop(); });
  servers.SayReady();
  servers.Wait();
  runtime.Finish();
  return Status::OK();
}

}  // namespace

Status Serve(FeatureStore& store, ServeOptions options) {
  FEAST_RETURN_IF_ERROR(CheckProtection(store));
  ReturnLargeBlocks();
  if (options.http) MakeRoomForConnections(*options.http);
  const RepoConfig& config = store.config();
  if (options.http && config.feature_server.metrics.enabled) options.metrics = true;
  for (const std::string& warning : config.feature_server.warnings) {
    Warn(config.file + ": " + warning);
  }
  BatchJobs jobs(std::move(options.batch_command));
  const OfflineWriter writer = [&](const CallContext& context, OfflinePush push) {
    return jobs.Push(context, std::move(push));
  };
  const auto queue = MakeQueue(config, writer);
  PushService pushes(store.ingest(), store.registry(), store.authorizer(), config.project, writer,
                     queue.get());
  FEAST_ASSIGN_OR_RETURN(const auto logger, MakeLogger(store));
  ServerRuntime runtime(
      ServerOptionsOf(config, options),
      {.retriever = store.retriever(),
       .ingest = store.ingest(),
       .registry = store.registry(),
       .authorizer = store.authorizer(),
       .push = [&](const CallContext& context, const PushRequest& request,
                   OwnedStream rows) { return pushes.Push(context, request, std::move(rows)); },
       .materialize =
           [&](const CallContext& context, const MaterializeRequest& request,
               const MaterializeProgress& progress) {
             Status status = jobs.Materialize(context, request, progress);
             if (CachingStore* cache = store.online_cache()) cache->ForgetAll();
             return status;
           },
       .project = config.project,
       .cache_stats = CacheStatsOf(store),
       .log_counts = LogCountsOf(logger.get()),
       .watch = WatchOf(logger.get())});
  FEAST_RETURN_IF_ERROR(Listen(store, options, runtime));
  if (logger) {
    logger->Flush();
    ReportLog(*logger);
  }
  return Status::OK();
}

Status ServeBatchJobs(FeatureStore& store) {
  return RunBatchWorker(ChildProcess::kSocket, store.registry(), store.ingest());
}

}  // namespace feast
