#include "feast/server/runtime.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace feast {
namespace {

// Fewer rows than that are within any limit, whatever is asked of them.
constexpr size_t kFewRows = 1000;

/// The memory that an answer takes grows with its values, which few bytes can ask for.
Status CheckSize(Registry& registry, const std::string& project, const OnlineRequest& request,
                 int64_t max_values) {
  const size_t rows = request.entities.empty() ? 0 : request.entities.front().second.size();
  if (rows <= kFewRows) return Status::OK();
  size_t columns = request.entities.size() + request.features.size();
  const auto snapshot = registry.Cached();
  if (!request.feature_service.empty() && snapshot.ok()) {
    const auto service = (*snapshot)->GetFeatureService(project, request.feature_service);
    columns = request.entities.size();
    if (service.ok()) {
      for (const auto& view : (*service)->spec().features()) {
        columns += static_cast<size_t>(view.feature_columns_size());
      }
    }
  }
  if (columns == 0 || rows <= static_cast<size_t>(max_values) / columns) return Status::OK();
  return Status::InvalidArgument("Too much for one request: " + std::to_string(rows) + " rows of " +
                                 std::to_string(columns) + " columns; at most " +
                                 std::to_string(max_values) +
                                 " values are answered at once, ask for them in parts");
}

size_t Threads(int asked) { return static_cast<size_t>(std::max(asked, 1)); }

}  // namespace

ServerRuntime::ServerRuntime(const ServerOptions& options, const ServerDeps& deps)
    : metrics_(options.metrics, deps.registry, deps.project, deps.clock, deps.cache_stats,
               deps.log_counts),
      writes_(Threads(options.write_threads), 256),
      offline_writes_(1, 64),
      materializations_(Threads(options.materialize_threads), 64),
      bodies_(2, 256) {
  backend_.retrieve = [&retriever = deps.retriever, &registry = deps.registry,
                       project = deps.project, max_values = options.max_values](
                          const CallContext& context, OnlineRequest request, OnlineDone done) {
    if (const Status small = CheckSize(registry, project, request, max_values); !small.ok()) {
      return done(small);
    }
    retriever.Retrieve(context, std::move(request), std::move(done));
  };
  if (deps.watch) {
    backend_.retrieve = [retrieve = std::move(backend_.retrieve), watch = deps.watch](
                            const CallContext& context, OnlineRequest request, OnlineDone done) {
      done = watch(context, request, std::move(done));
      retrieve(context, std::move(request), std::move(done));
    };
  }
  backend_.push = deps.push;
  backend_.write_online = [&ingest = deps.ingest](
                              const CallContext& context, const std::string& view, OwnedStream rows,
                              bool transform_on_write, const TransformTimed& timed) {
    return ingest.WriteOnline(context, view, std::move(rows), transform_on_write, timed);
  };
  backend_.materialize = deps.materialize;
  backend_.registry = &deps.registry;
  backend_.authorizer = &deps.authorizer;
  backend_.clock = &deps.clock;
  backend_.project = deps.project;
  backend_.request_timeout = options.request_timeout;
  backend_.report = [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); };
  backend_.writes = &writes_;
  backend_.offline_writes = &offline_writes_;
  backend_.materializations = &materializations_;
  backend_.bodies = &bodies_;
  if (options.metrics.enabled) backend_.metrics = &metrics_;
}

ServerRuntime::~ServerRuntime() { Finish(); }

void ServerRuntime::Finish() {
  // Asynchronous runs do not hold up the end; what they had marked is taken back.
  backend_.jobs.Cancel();
  for (BlockingPool* pool : {&bodies_, &writes_, &offline_writes_, &materializations_}) {
    pool->Finish();
  }
}

}  // namespace feast
