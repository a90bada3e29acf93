#include "feast/server/runtime.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace feast {
namespace {

size_t Threads(int asked) { return static_cast<size_t>(std::max(asked, 1)); }

}  // namespace

ServerRuntime::ServerRuntime(const ServerOptions& options, const ServerDeps& deps)
    : metrics_(options.metrics, deps.registry, deps.project, deps.clock, deps.cache_stats),
      writes_(Threads(options.write_threads), 256),
      offline_writes_(1, 64),
      materializations_(Threads(options.materialize_threads), 64) {
  backend_.retrieve = [&retriever = deps.retriever](const CallContext& context,
                                                    OnlineRequest request, OnlineDone done) {
    retriever.Retrieve(context, std::move(request), std::move(done));
  };
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
  if (options.metrics.enabled) backend_.metrics = &metrics_;
}

ServerRuntime::~ServerRuntime() { Finish(); }

void ServerRuntime::Finish() {
  // Asynchronous runs do not hold up the end; what they had marked is taken back.
  backend_.jobs.Cancel();
  for (BlockingPool* pool : {&writes_, &offline_writes_, &materializations_}) pool->Finish();
}

}  // namespace feast
