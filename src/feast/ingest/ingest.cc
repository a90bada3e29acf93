#include "feast/ingest/ingest.h"

#include <chrono>

#include "feast/ingest/buffered_rows.h"
#include "feast/ingest/vector_refresh.h"
#include "feast/ingest/view_lookup.h"
#include "feast/ingest/write_stream.h"
#include "feast/online/view_table.h"
#include "feast/references/find_view.h"

namespace feast {

Ingest::Ingest(Registry& registry, OnlineStore* online, OfflineOpener offline,
               const Authorizer& authorizer, const Clock& clock, IngestOptions options,
               OnDemandWrites on_demand)
    : registry_(registry),
      online_(online),
      offline_(std::move(offline)),
      authorizer_(authorizer),
      clock_(clock),
      options_(std::move(options)),
      on_demand_(std::move(on_demand)) {}

Result<OnlineStore*> Ingest::Online() const {
  if (online_) return online_;
  return Status::FailedPrecondition(
      "this repository has no online store: set `online_store` in feature_store.yaml");
}

int Ingest::TableVersion(const ViewFacts& view) const {
  return options_.versioning ? view.current_version : 0;
}

Status Ingest::Push(const CallContext& context, const std::string& push_source, OwnedStream rows,
                    PushMode to) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(auto views, FindPushTargets(*snapshot, options_.project, push_source));
  std::vector<Resource> resources;
  resources.reserve(views.size());
  for (const ViewFacts& view : views) resources.push_back({view.kind, view.name});
  const bool to_online = to != PushMode::kOffline;
  const bool to_offline = to != PushMode::kOnline;
  if (to_online) {
    FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, resources, Action::kWriteOnline));
  }
  if (to_offline) {
    FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, resources, Action::kWriteOffline));
  }
  FEAST_ASSIGN_OR_RETURN(const BufferedRows buffered, BufferedRows::Read(std::move(rows)));
  std::optional<VectorRefresh> vectors;
  if (to_online) {
    FEAST_ASSIGN_OR_RETURN(vectors, Vectors(*snapshot));
  }
  for (const ViewFacts& view : views) {
    if (to_online) {
      FEAST_ASSIGN_OR_RETURN(OwnedStream replay, buffered.Replay());
      FEAST_RETURN_IF_ERROR(WriteOnlineRows(context, view, std::move(replay), &*vectors));
    }
    if (to_offline) {
      FEAST_ASSIGN_OR_RETURN(OwnedStream replay, buffered.Replay());
      FEAST_RETURN_IF_ERROR(WriteOfflineRows(context, view, std::move(replay)));
    }
  }
  return vectors ? vectors->Flush(context) : Status::OK();
}

Result<VectorRefresh> Ingest::Vectors(const RegistrySnapshot& snapshot) {
  FEAST_ASSIGN_OR_RETURN(OnlineStore * store, Online());
  const std::lock_guard lock(mutex_);
  if (!vector_plans_ || vector_plans_->generation() != snapshot.generation()) {
    const ResolveOptions options{.project = options_.project, .versioning = options_.versioning};
    vector_plans_ = std::make_shared<const VectorPlans>(snapshot, options);
  }
  return VectorRefresh(*store, clock_, vector_plans_);
}

Result<int64_t> Ingest::Precompute(const CallContext& context, const std::string& service) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, registry_.Refresh());
  const Resource resource{"FeatureService", service};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOnline));
  FEAST_ASSIGN_OR_RETURN(VectorRefresh vectors, Vectors(*snapshot));
  return vectors.WriteAll(context, service);
}

Result<TableWriter> Ingest::WriterFor(const ViewFacts& view, int version) const {
  FEAST_ASSIGN_OR_RETURN(OnlineStore * store, Online());
  TableWriter writer{*store, view, TableOf(view, options_.project, version),
                     options_.entity_key_version};
  if (view.kind == "OnDemandFeatureView") writer.stamp = clock_.Now();
  return writer;
}

Status Ingest::WriteOnlineRows(const CallContext& context, const ViewFacts& view, OwnedStream rows,
                               VectorRefresh* vectors) {
  FEAST_ASSIGN_OR_RETURN(TableWriter writer, WriterFor(view, TableVersion(view)));
  writer.skip_all_null = true;
  return writer.Write(context, std::move(rows),
                      [&](const WriteBatch& batch) { return vectors->Wrote(context, batch); });
}

Result<OwnedStream> Ingest::Transformed(const CallContext& context,
                                        const core::OnDemandFeatureView& view,
                                        Transformer* transformer, OwnedStream rows) {
  if (transformer == nullptr) {
    return Status::Unimplemented("on-demand feature view " + view.spec().name() +
                                 " cannot run here: no Python was found; set FEAST_PYTHON");
  }
  return transformer->Run(context, view, std::move(rows), TransformFor::kWriting);
}

Status Ingest::WriteOfflineRows(const CallContext& context, const ViewFacts& view,
                                OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(OfflineStore * store, offline_());
  return store->WriteRows(context, view.batch_source, std::move(rows));
}

Status Ingest::WriteOnline(const CallContext& context, const std::string& view, OwnedStream rows,
                           bool transform_on_write, const TransformTimed& timed) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(auto facts, FindView(*snapshot, options_.project, view));
  const Resource resource{facts.kind, facts.name};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOnline));
  if (facts.kind == "OnDemandFeatureView") {
    FEAST_RETURN_IF_ERROR(CheckStored(facts));
    if (transform_on_write) {
      FEAST_ASSIGN_OR_RETURN(const auto* on_demand,
                             snapshot->GetOnDemandFeatureView(options_.project, view));
      const auto began = std::chrono::steady_clock::now();
      auto transformed = Transformed(context, *on_demand, on_demand_.serving, std::move(rows));
      if (timed && IsTimed(*on_demand)) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began;
        timed({view, on_demand->spec().mode(), passed.count()});
      }
      if (!transformed.ok()) return transformed.status();
      rows = *std::move(transformed);
    }
  }
  FEAST_ASSIGN_OR_RETURN(VectorRefresh vectors, Vectors(*snapshot));
  FEAST_RETURN_IF_ERROR(WriteOnlineRows(context, facts, std::move(rows), &vectors));
  return vectors.Flush(context);
}

Status Ingest::WriteOffline(const CallContext& context, const std::string& view, OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(auto facts, FindView(*snapshot, options_.project, view));
  const Resource resource{facts.kind, facts.name};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOffline));
  return WriteOfflineRows(context, facts, std::move(rows));
}

}  // namespace feast
