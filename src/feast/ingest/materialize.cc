#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <thread>

#include "feast/codec/iso_time.h"
#include "feast/ingest/ingest.h"
#include "feast/ingest/vector_refresh.h"
#include "feast/ingest/view_lookup.h"
#include "feast/ingest/write_stream.h"
#include "feast/offline/source_read.h"
#include "feast/registry/apply.h"
#include "feast/registry/versions.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr Micros kYear = Micros{52} * 7 * 24 * 3600 * kMicrosPerSecond;

std::string TimeText(Micros time) {
  std::string text;
  AppendIsoTime(time, ' ', /*short_fraction=*/false, &text);
  return text + "+00:00";
}

// How many rows a stream says it will have.
Result<std::optional<int64_t>> ExpectedRows(ArrowArrayStream* rows) {
  FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(rows));
  ArrowStringView text{nullptr, 0};
  const ArrowStringView key{kExpectedRows.data(), static_cast<int64_t>(kExpectedRows.size())};
  const char* metadata = schema.get()->metadata;
  if (ArrowMetadataGetValue(metadata, key, &text) != 0 || !text.data) {
    return std::optional<int64_t>();
  }
  int64_t count = 0;
  const auto parsed = std::from_chars(text.data, text.data + text.size_bytes, count);
  return parsed.ec == std::errc() ? std::optional(count) : std::optional<int64_t>();
}

// One batch as a stream of its own.
Result<OwnedStream> StreamOf(const ArrowSchema& schema, OwnedArray batch) {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema copy, CopySchema(schema));
  std::vector<OwnedArray> batches;
  batches.push_back(std::move(batch));
  return StreamOfBatches(std::move(copy), std::move(batches));
}

}  // namespace

Status CheckRequest(const MaterializeRequest& request, bool versioning) {
  if (request.start && *request.start > request.end) {
    return Status::InvalidArgument("The given start_date " + TimeText(*request.start) +
                                   " is greater than the given end_date " + TimeText(request.end) +
                                   ".");
  }
  if (request.version.empty()) return Status::OK();
  if (request.views.size() != 1) {
    return Status::InvalidArgument("--version requires --views with exactly one feature view.");
  }
  if (!versioning) {
    return Status::InvalidArgument(
        "Version-aware materialization requires 'enable_online_feature_view_versioning: true' "
        "under 'registry' in feature_store.yaml.");
  }
  return Status::OK();
}

/// What the workers of one run share.
struct Ingest::MaterializeRun {
  const CallContext& context;
  const MaterializeRequest& request;
  const MaterializeProgress& progress;
  const RegistrySnapshot& snapshot;
  const std::vector<ViewFacts>& views;
  int writers;                      ///< of each view
  std::atomic<size_t> next{0};      ///< the first view that nobody has taken
  std::atomic<bool> failed{false};  ///< a worker has; the others stop at their next batch
  std::mutex mutex{};               ///< held while `progress` is told
  Status cause{};                   ///< the first failure; guarded by mutex

  const ViewFacts* Take() {
    const size_t taken = failed ? views.size() : next++;
    return taken < views.size() ? &views[taken] : nullptr;
  }
  void Note(Status status) {
    if (status.ok()) return;
    const std::lock_guard lock(mutex);
    if (!failed.exchange(true)) cause = std::move(status);
  }
  template <typename Told, typename... Args>
  void Tell(const Told& told, const Args&... args) {
    if (!told) return;
    const std::lock_guard lock(mutex);
    told(args...);
  }
};

Status Ingest::Materialize(const CallContext& context, const MaterializeRequest& request,
                           const MaterializeProgress& progress) {
  FEAST_RETURN_IF_ERROR(CheckRequest(request, options_.versioning));
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Refresh());
  FEAST_ASSIGN_OR_RETURN(const auto version, ParseVersion(request.version));
  FEAST_ASSIGN_OR_RETURN(
      auto views, FindMaterializedViews(*snapshot, options_.project, request.views, version));
  std::vector<Resource> resources;
  resources.reserve(views.size());
  for (const ViewFacts& view : views) resources.push_back({view.kind, view.name});
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, resources, Action::kWriteOnline));
  const auto jobs = static_cast<size_t>(std::max(request.jobs, 1));
  const size_t workers = std::min(jobs, views.size());
  const auto writers = static_cast<int>(jobs / std::max<size_t>(workers, 1));
  MaterializeRun run{context, request, progress, *snapshot, views, writers};
  {
    std::vector<std::jthread> others;
    others.reserve(workers);
    for (size_t i = 1; i < workers; ++i) {
      others.emplace_back([&] { run.Note(WriteViews(&run)); });
    }
    run.Note(WriteViews(&run));
  }
  return run.cause;
}

/// The work of one worker: views that nobody has taken, one after the other. Intervals whose
/// vectors are still to be written are held back: after an interruption those entities must be
/// written once more.
Status Ingest::WriteViews(MaterializeRun* run) {
  FEAST_ASSIGN_OR_RETURN(VectorRefresh vectors, Vectors(run->snapshot));
  std::vector<MaterializedInterval> held;
  Status written;
  while (const ViewFacts* view = written.ok() ? run->Take() : nullptr) {
    written = WriteView(run, *view, &vectors, &held);
    run->Note(written);
  }
  Status flushed = vectors.Flush(run->context);
  if (!flushed.ok()) return written.ok() ? flushed : written;
  for (const auto& interval : held) FEAST_RETURN_IF_ERROR(Record(run->context, interval));
  return written;
}

Status Ingest::WriteView(MaterializeRun* run, const ViewFacts& view, VectorRefresh* vectors,
                         std::vector<MaterializedInterval>* held) {
  const CallContext& context = run->context;
  const MaterializeRequest& request = run->request;
  const MaterializeProgress& progress = run->progress;
  FEAST_ASSIGN_OR_RETURN(const Micros start, StartOf(run->snapshot, view, request));
  run->Tell(progress.view_started, view.name, start, request.end);
  int64_t total = 0;
  bool in_vectors = false;
  const BatchWritten written = [&](const WriteBatch& batch) {
    const auto rows = static_cast<int64_t>(batch.rows());
    total += rows;
    run->Tell(progress.rows_written, view.name, rows);
    in_vectors = in_vectors || vectors->Covers(*batch.table);
    FEAST_RETURN_IF_ERROR(vectors->Wrote(context, batch));
    return run->failed ? Status(StatusCode::kAborted, "another view failed") : Status::OK();
  };
  const auto expected = [&](int64_t rows) { run->Tell(progress.rows_expected, view.name, rows); };
  const bool on_demand = view.kind == "OnDemandFeatureView";
  const Status status = on_demand ? MaterializeOnDemand(context, view, start, request.end, written)
                                  : MaterializeView(run, view, start, expected, written);
  FEAST_RETURN_IF_ERROR(status.Annotate("materializing '" + view.name + "'"));
  const MaterializedInterval interval{view.name, start, request.end};
  if (!on_demand && in_vectors) held->push_back(interval);
  if (!on_demand && !in_vectors) FEAST_RETURN_IF_ERROR(Record(context, interval));
  run->Tell(progress.view_done, view.name, total);
  return Status::OK();
}

Result<Micros> Ingest::StartOf(const RegistrySnapshot& registry, const ViewFacts& view,
                               const MaterializeRequest& request) const {
  if (request.start) return *request.start;
  if (view.kind == "OnDemandFeatureView") {
    FEAST_ASSIGN_OR_RETURN(const Micros ttl,
                           LongestSourceTtl(registry, options_.project, view.name));
    return request.end - (ttl > 0 ? ttl : kYear);
  }
  const auto last = LastMaterialized(registry, options_.project, view.name);
  return last ? *last : clock_.Now() - (view.ttl > 0 ? view.ttl : kYear);
}

Status Ingest::MaterializeView(const MaterializeRun* run, const ViewFacts& view, Micros start,
                               const std::function<void(int64_t)>& expected,
                               const BatchWritten& written) {
  const CallContext& context = run->context;
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, offline_());
  FEAST_ASSIGN_OR_RETURN(TableWriter writer, WriterFor(view, TableVersion(view)));
  writer.max_rows = options_.write_rows;
  writer.writers = run->writers;
  PullPlan plan;
  plan.read = ReadOf(view, view.features);
  plan.start = start;
  plan.end = run->request.end;
  plan.latest_only = true;
  if (options_.versioning) {  // a version that never was the current one has no table yet
    InfrastructureChange change;
    change.keep.push_back(writer.table);
    FEAST_RETURN_IF_ERROR(writer.store.UpdateInfrastructure(context, change));
  }
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows, offline->Pull(context, plan));
  FEAST_ASSIGN_OR_RETURN(const auto total, ExpectedRows(rows.get()));
  if (total) expected(*total);
  return writer.Write(context, std::move(rows), written);
}

Status Ingest::Record(const CallContext& context, const MaterializedInterval& interval) {
  return registry_.Mutate(context, [&](core::Registry* registry) {
    return RecordMaterialization(registry, options_.project, interval.view, interval.start,
                                 interval.end, clock_.Now());
  });
}

Status Ingest::MaterializeOnDemand(const CallContext& context, const ViewFacts& view, Micros start,
                                   Micros end, const BatchWritten& written) {
  if (!on_demand_.source_rows) {
    return Status::Unimplemented("this process cannot run on-demand feature views");
  }
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(const auto* on_demand,
                         snapshot->GetOnDemandFeatureView(options_.project, view.name));
  FEAST_ASSIGN_OR_RETURN(TableWriter writer, WriterFor(view, TableVersion(view)));
  writer.max_rows = options_.write_rows;
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows, on_demand_.source_rows(context, *on_demand, start, end));
  FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(rows.get()));
  while (true) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(rows.get(), batch.get()));
    if (!more) return Status::OK();
    if (batch->length == 0) continue;
    FEAST_ASSIGN_OR_RETURN(OwnedStream input, StreamOf(*schema.get(), std::move(batch)));
    FEAST_ASSIGN_OR_RETURN(OwnedStream output,
                           Transformed(context, *on_demand, on_demand_.batch, std::move(input)));
    FEAST_RETURN_IF_ERROR(writer.Write(context, std::move(output), written));
  }
}

}  // namespace feast
