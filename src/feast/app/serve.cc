#include "feast/app/serve.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "feast/base/child_process.h"
#include "feast/compute/child/batch_jobs.h"
#include "feast/compute/child/batch_worker.h"
#include "feast/server/writes/push_service.h"

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

HttpServerOptions OptionsOf(const RepoConfig& config, const ServeOptions& asked) {
  HttpServerOptions options = asked.http;
  const ServerLimits& limits = config.server_limits;
  options.limits.max_body_bytes = static_cast<uint64_t>(limits.max_body_bytes);
  options.limits.max_in_flight = static_cast<int>(limits.max_in_flight);
  options.limits.drain_timeout = std::chrono::seconds(limits.drain_timeout_seconds);
  options.request_timeout = std::chrono::seconds(limits.request_timeout_seconds);
  options.metrics = config.feature_server.metrics;
  options.metrics.enabled = options.metrics.enabled || asked.metrics;
  options.metrics_port = static_cast<int>(limits.metrics_port);
  options.materialize_threads = MaterializeThreads();
  // The cache never expires between two refreshes, so no request reads the registry.
  if (config.registry_cache_ttl_seconds > 0 && options.registry_ttl_seconds > 0) {
    options.registry_ttl_seconds =
        std::min(options.registry_ttl_seconds, config.registry_cache_ttl_seconds);
  }
  return options;
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

}  // namespace

Status Serve(FeatureStore& store, ServeOptions options) {
  FEAST_RETURN_IF_ERROR(CheckProtection(store));
  const RepoConfig& config = store.config();
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
  const HttpServerDeps deps{
      .retriever = store.retriever(),
      .ingest = store.ingest(),
      .registry = store.registry(),
      .authorizer = store.authorizer(),
      .push = [&](const CallContext& context, const PushRequest& request,
                  OwnedStream rows) { return pushes.Push(context, request, std::move(rows)); },
      .materialize =
          [&](const CallContext& context, const MaterializeRequest& request,
              const MaterializeProgress& progress) {
            return jobs.Materialize(context, request, progress);
          },
      .project = config.project};
  return ServeHttp(OptionsOf(config, options), deps);
}

Status ServeBatchJobs(FeatureStore& store) {
  return RunBatchWorker(ChildProcess::kSocket, store.registry(), store.ingest());
}

}  // namespace feast
