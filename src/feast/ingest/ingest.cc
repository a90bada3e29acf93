#include "feast/ingest/ingest.h"

#include <algorithm>
#include <charconv>
#include <future>

#include "feast/codec/iso_time.h"
#include "feast/ingest/buffered_rows.h"
#include "feast/ingest/row_encoder.h"
#include "feast/ingest/view_lookup.h"
#include "feast/offline/source_read.h"
#include "feast/online/view_table.h"
#include "feast/references/find_view.h"
#include "feast/registry/apply.h"
#include "feast/registry/versions.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr Micros kYear = Micros{52} * 7 * 24 * 3600 * kMicrosPerSecond;

bool HasAnyValue(const WriteBatch& batch) {
  return std::any_of(batch.features.begin(), batch.features.end(),
                     [](const EncodedColumn& column) { return !column.bytes.empty(); });
}

std::string TimeText(Micros time) {
  std::string text;
  AppendIsoTime(time, ' ', /*short_fraction=*/false, &text);
  return text + "+00:00";
}

// How many rows a stream says it will have.
std::optional<int64_t> ExpectedRows(const ArrowSchema& schema) {
  ArrowStringView text{nullptr, 0};
  const ArrowStringView key{kExpectedRows.data(), static_cast<int64_t>(kExpectedRows.size())};
  if (ArrowMetadataGetValue(schema.metadata, key, &text) != 0 || !text.data) return std::nullopt;
  int64_t count = 0;
  const auto parsed = std::from_chars(text.data, text.data + text.size_bytes, count);
  return parsed.ec == std::errc() ? std::optional(count) : std::nullopt;
}

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

// One write under way while the caller encodes the next batch. Waits for it when it goes.
class WriteAhead {
 public:
  WriteAhead(OnlineStore& store, const std::string& view,
             const std::function<void(int64_t)>& written)
      : store_(store), view_(view), written_(written) {}
  ~WriteAhead() { (void)Wait(); }
  WriteAhead(const WriteAhead&) = delete;
  WriteAhead& operator=(const WriteAhead&) = delete;

  // Begins a write, once the last one has succeeded.
  Status Start(const CallContext& context, std::shared_ptr<const WriteBatch> batch) {
    FEAST_RETURN_IF_ERROR(Wait());
    rows_ = static_cast<int64_t>(batch->rows());
    const auto done = std::make_shared<std::promise<Status>>();
    pending_ = done->get_future();
    store_.Write(context, std::move(batch),
                 [done](Status status) { done->set_value(std::move(status)); });
    return Status::OK();
  }

  Status Wait() {
    if (!pending_.valid()) return Status::OK();
    Status status = pending_.get();
    if (!status.ok()) {
      return status.Annotate("writing feature view '" + view_ + "' to the " +
                             std::string(store_.type()) + " online store");
    }
    if (written_) written_(rows_);
    return status;
  }

 private:
  OnlineStore& store_;
  const std::string& view_;
  const std::function<void(int64_t)>& written_;
  std::future<Status> pending_;
  int64_t rows_ = 0;
};

// One pass over a stream: encode each batch while the last one is written, tell `written`.
Status WriteStream(const CallContext& context, OnlineStore& store, const ViewFacts& view,
                   const core::DataSource& source, std::shared_ptr<const OnlineTable> table,
                   int key_version, bool skip_all_null, OwnedStream rows,
                   const std::function<void(int64_t)>& written) {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(rows.get()));
  FEAST_ASSIGN_OR_RETURN(
      auto encoder, RowEncoder::Make(view, source, std::move(table), key_version, *schema.get()));
  WriteAhead writes(store, view.name, written);
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(bool more, NextBatch(rows.get(), batch.get()));
    if (!more) return writes.Wait();
    if (batch->length == 0) continue;
    FEAST_ASSIGN_OR_RETURN(auto encoded, encoder.Encode(*schema.get(), *batch.get()));
    // Upstream writes nothing when a caller's rows hold no value at all.
    if (skip_all_null && !HasAnyValue(*encoded)) continue;
    FEAST_RETURN_IF_ERROR(writes.Start(context, std::move(encoded)));
  }
}

}  // namespace

Ingest::Ingest(Registry& registry, OnlineStore* online, OfflineOpener offline,
               const Authorizer& authorizer, const Clock& clock, IngestOptions options)
    : registry_(registry),
      online_(online),
      offline_(std::move(offline)),
      authorizer_(authorizer),
      clock_(clock),
      options_(std::move(options)) {}

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
  for (const ViewFacts& view : views) {
    if (to_online) {
      FEAST_ASSIGN_OR_RETURN(OwnedStream replay, buffered.Replay());
      FEAST_RETURN_IF_ERROR(WriteOnlineRows(context, view, std::move(replay)));
    }
    if (to_offline) {
      FEAST_ASSIGN_OR_RETURN(OwnedStream replay, buffered.Replay());
      FEAST_RETURN_IF_ERROR(WriteOfflineRows(context, view, std::move(replay)));
    }
  }
  return Status::OK();
}

Status Ingest::WriteOnlineRows(const CallContext& context, const ViewFacts& view,
                               OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(OnlineStore * store, Online());
  return WriteStream(context, *store, view, view.batch_source,
                     TableOf(view, options_.project, TableVersion(view)),
                     options_.entity_key_version, /*skip_all_null=*/true, std::move(rows), {});
}

Status Ingest::WriteOfflineRows(const CallContext& context, const ViewFacts& view,
                                OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(OfflineStore * store, offline_());
  return store->WriteRows(context, view.batch_source, std::move(rows));
}

Status Ingest::WriteOnline(const CallContext& context, const std::string& view, OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(auto facts, FindView(*snapshot, options_.project, view));
  const Resource resource{facts.kind, facts.name};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOnline));
  return WriteOnlineRows(context, facts, std::move(rows));
}

Status Ingest::WriteOffline(const CallContext& context, const std::string& view, OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(auto facts, FindView(*snapshot, options_.project, view));
  const Resource resource{facts.kind, facts.name};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOffline));
  return WriteOfflineRows(context, facts, std::move(rows));
}

Status Ingest::Materialize(const CallContext& context, const MaterializeRequest& request,
                           const MaterializeProgress& progress) {
  FEAST_RETURN_IF_ERROR(CheckRequest(request, options_.versioning));
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Refresh());
  FEAST_ASSIGN_OR_RETURN(auto views,
                         FindMaterializedViews(*snapshot, options_.project, request.views));
  std::vector<Resource> resources;
  for (const ViewFacts& view : views) resources.push_back({view.kind, view.name});
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, resources, Action::kWriteOnline));
  FEAST_ASSIGN_OR_RETURN(const std::optional<int> version, ParseVersion(request.version));
  if (version) {
    FEAST_ASSIGN_OR_RETURN(views[0],
                           FindViewVersion(*snapshot, options_.project, views[0].name, *version));
    views[0].current_version = *version;
  }
  for (const ViewFacts& view : views) {
    Micros start = 0;
    if (request.start) {
      start = *request.start;
    } else if (auto last = LastMaterialized(*snapshot, options_.project, view.name)) {
      start = *last;
    } else {
      start = clock_.Now() - (view.ttl > 0 ? view.ttl : kYear);
    }
    FEAST_RETURN_IF_ERROR(MaterializeView(context, view, start, request, progress)
                              .Annotate("materializing '" + view.name + "'"));
  }
  return Status::OK();
}

Status Ingest::MaterializeView(const CallContext& context, const ViewFacts& view, Micros start,
                               const MaterializeRequest& request,
                               const MaterializeProgress& progress) {
  if (progress.view_started) progress.view_started(view.name, start, request.end);
  FEAST_ASSIGN_OR_RETURN(OnlineStore * online, Online());
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, offline_());
  const auto table = TableOf(view, options_.project, TableVersion(view));
  if (!request.version.empty()) {
    // Apply makes the table of the current version only.
    FEAST_RETURN_IF_ERROR(online->UpdateInfrastructure(context, {{table}, {}}));
  }
  PullPlan plan;
  plan.read = ReadOf(view, view.features);
  plan.start = start;
  plan.end = request.end;
  plan.latest_only = true;
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows, offline->Pull(context, plan));
  if (progress.rows_expected) {
    FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(rows.get()));
    const auto expected = ExpectedRows(*schema.get());
    if (expected) progress.rows_expected(view.name, *expected);
  }
  int64_t total = 0;
  FEAST_RETURN_IF_ERROR(WriteStream(
      context, *online, view, view.batch_source, table, options_.entity_key_version,
      /*skip_all_null=*/false, std::move(rows), [&](int64_t count) {
        total += count;
        if (progress.rows_written) progress.rows_written(view.name, count);
      }));
  FEAST_RETURN_IF_ERROR(registry_.Mutate(context, [&](core::Registry* registry) {
    return RecordMaterialization(registry, options_.project, view.name, start, request.end,
                                 clock_.Now());
  }));
  if (progress.view_done) progress.view_done(view.name, total);
  return Status::OK();
}

}  // namespace feast
