#include "feast/retrieval/online_retriever.h"

#include <chrono>
#include <future>

#include "feast/retrieval/plan.h"
#include "feast/retrieval/run.h"

namespace feast {
namespace {

using std::chrono::steady_clock;

constexpr size_t kCachedPlans = 256;

}  // namespace

class OnlineRetriever::Impl {
 public:
  Impl(Registry& registry, OnlineStore* store, Transformer* transformer,
       const Authorizer& authorizer, const Clock& clock, RetrievalOptions options)
      : registry_(registry),
        store_(store),
        transformer_(transformer),
        authorizer_(authorizer),
        clock_(clock),
        options_(std::move(options)),
        plans_(kCachedPlans) {}

  void Retrieve(const CallContext& context, OnlineRequest request, OnlineDone done) {
    auto prepared = Prepare(context, std::move(request));
    if (!prepared.ok()) return done(prepared.status());
    const std::shared_ptr<OnlineRun> run = *std::move(prepared);
    auto vectors = run->VectorsToRead();
    auto reads = vectors ? std::vector<TableRead>() : run->Reads();
    if (!vectors && reads.empty()) {
      return done(run->Finish(context, transformer_, clock_.Now(), options_.ttl, {}));
    }
    if (store_ == nullptr) {
      return done(
          Status::FailedPrecondition("no online store is configured: set online_store in "
                                     "feature_store.yaml"));
    }
    const auto began = steady_clock::now();
    ReadDone finish = [this, context, run, began,
                       done = std::move(done)](Result<std::vector<TableRows>> rows) {
      const std::chrono::duration<double> passed = steady_clock::now() - began;
      if (!rows.ok()) {
        return done(rows.status().Annotate("reading " + run->ViewsRead() + " from the " +
                                           std::string(store_->type()) + " online store"));
      }
      auto answer =
          run->Finish(context, transformer_, clock_.Now(), options_.ttl, *std::move(rows));
      if (answer.ok()) answer->store_seconds = passed.count();
      done(std::move(answer));
    };
    if (vectors) return ReadVectors(context, *std::move(vectors), std::move(finish));
    store_->Read(context, std::move(reads), std::move(finish));
  }

 private:
  /// One read of vectors, and a second one for the keys that have none.
  void ReadVectors(const CallContext& context, VectorRead vectors, ReadDone finish) {
    const auto read = std::make_shared<VectorRead>(std::move(vectors));
    store_->Read(
        context, {read->Read()},
        [this, context, read, finish = std::move(finish)](Result<std::vector<TableRows>> rows) {
          // A store that has no table of vectors yet may well have the views'.
          if (!rows.ok() && rows.status().code() != StatusCode::kFailedPrecondition) {
            return finish(rows.status());
          }
          read->Take(rows.ok() ? std::optional(std::move(rows->front())) : std::nullopt);
          auto missing = read->ReadsOfMissing();
          if (missing.empty()) return finish(read->Finish({}));
          store_->Read(context, std::move(missing), [read, finish](auto others) {
            if (!others.ok()) return finish(others.status());
            finish(read->Finish(*std::move(others)));
          });
        });
  }

  Result<std::shared_ptr<OnlineRun>> Prepare(const CallContext& context, OnlineRequest request) {
    FEAST_RETURN_IF_ERROR(context.Check());
    FEAST_ASSIGN_OR_RETURN(auto plan, PlanOf(request));
    FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, plan->resources, Action::kReadOnline));
    auto run = std::make_shared<OnlineRun>(std::move(plan), std::move(request));
    FEAST_RETURN_IF_ERROR(run->Prepare());
    return run;
  }

  Result<std::shared_ptr<const OnlinePlan>> PlanOf(const OnlineRequest& request) {
    FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
    const std::string key = PlanCache::KeyOf(snapshot->generation(), request);
    if (auto plan = plans_.Find(key)) return plan;
    FEAST_ASSIGN_OR_RETURN(
        auto plan, CompilePlan(*snapshot, options_,
                               store_ == nullptr ? std::string_view() : store_->type(), request));
    plans_.Put(key, plan);
    return plan;
  }

  Registry& registry_;
  OnlineStore* const store_;
  Transformer* const transformer_;
  const Authorizer& authorizer_;
  const Clock& clock_;
  const RetrievalOptions options_;
  PlanCache plans_;
};

OnlineRetriever::OnlineRetriever(Registry& registry, OnlineStore* store, Transformer* transformer,
                                 const Authorizer& authorizer, const Clock& clock,
                                 RetrievalOptions options)
    : impl_(std::make_unique<Impl>(registry, store, transformer, authorizer, clock,
                                   std::move(options))) {}
OnlineRetriever::~OnlineRetriever() = default;

void OnlineRetriever::Retrieve(const CallContext& context, OnlineRequest request, OnlineDone done) {
  impl_->Retrieve(context, std::move(request), std::move(done));
}

Result<OnlineResponse> OnlineRetriever::RetrieveAndWait(const CallContext& context,
                                                        OnlineRequest request) {
  std::promise<Result<OnlineResponse>> promise;
  auto future = promise.get_future();
  Retrieve(context, std::move(request),
           [&promise](Result<OnlineResponse> response) { promise.set_value(std::move(response)); });
  return future.get();
}

}  // namespace feast
