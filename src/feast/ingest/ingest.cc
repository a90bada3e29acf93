#include "feast/ingest/ingest.h"

#include <algorithm>
#include <charconv>

#include "feast/ingest/buffered_rows.h"
#include "feast/ingest/row_encoder.h"
#include "feast/ingest/view_lookup.h"
#include "feast/offline/source_read.h"
#include "feast/registry/apply.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr Micros kYear = Micros{52} * 7 * 24 * 3600 * kMicrosPerSecond;

bool HasAnyValue(const WriteBatch& batch) {
  return std::any_of(batch.features.begin(), batch.features.end(),
                     [](const EncodedColumn& column) { return !column.bytes.empty(); });
}

// "v3" → 3; anything else is the caller's mistake.
Result<int> VersionNumber(const std::string& text) {
  if (text.empty()) return 0;
  const size_t digits = text.find_first_of("0123456789");
  if (digits == std::string::npos || (text[0] != 'v' && text[0] != 'V')) {
    return Status::InvalidArgument("version '" + text + "' is not of the form vN, e.g. v2");
  }
  return std::atoi(text.c_str() + digits);
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

// One pass over a stream: encode each batch, write it, tell `written`.
Status WriteStream(const CallContext& context, OnlineStore& store, const ViewFacts& view,
                   const core::DataSource& source, std::shared_ptr<const OnlineTable> table,
                   int key_version, bool skip_all_null, OwnedStream rows,
                   const std::function<void(int64_t)>& written) {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(rows.get()));
  FEAST_ASSIGN_OR_RETURN(
      auto encoder, RowEncoder::Make(view, source, std::move(table), key_version, *schema.get()));
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(bool more, NextBatch(rows.get(), batch.get()));
    if (!more) return Status::OK();
    if (batch->length == 0) continue;
    FEAST_ASSIGN_OR_RETURN(auto encoded, encoder.Encode(*schema.get(), *batch.get()));
    // Upstream writes nothing when a caller's rows hold no value at all.
    if (skip_all_null && !HasAnyValue(*encoded)) continue;
    FEAST_RETURN_IF_ERROR(store.WriteAndWait(context, encoded));
    if (written) written(static_cast<int64_t>(encoded->rows()));
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
  FEAST_ASSIGN_OR_RETURN(auto facts, FindWritableView(*snapshot, options_.project, view));
  const Resource resource{facts.kind, facts.name};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOnline));
  return WriteOnlineRows(context, facts, std::move(rows));
}

Status Ingest::WriteOffline(const CallContext& context, const std::string& view, OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(auto facts, FindWritableView(*snapshot, options_.project, view));
  const Resource resource{facts.kind, facts.name};
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, {&resource, 1}, Action::kWriteOffline));
  return WriteOfflineRows(context, facts, std::move(rows));
}

Status Ingest::Materialize(const CallContext& context, const MaterializeRequest& request,
                           const MaterializeProgress& progress) {
  if (request.start && *request.start > request.end) {
    return Status::InvalidArgument(
        "the start date is later than the end date: nothing can be "
        "materialized");
  }
  if (!request.version.empty() && (request.views.size() != 1 || !options_.versioning)) {
    return Status::InvalidArgument(
        "version '" + request.version +
        "' needs exactly one feature view and registry.enable_online_feature_view_versioning");
  }
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_.Refresh());
  FEAST_ASSIGN_OR_RETURN(auto views,
                         FindMaterializedViews(*snapshot, options_.project, request.views));
  std::vector<Resource> resources;
  for (const ViewFacts& view : views) resources.push_back({view.kind, view.name});
  FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, resources, Action::kWriteOnline));
  for (const ViewFacts& view : views) {
    Micros start = 0;
    if (request.start) {
      start = *request.start;
    } else if (auto last = LastMaterialized(*snapshot, options_.project, view.name)) {
      start = *last;
    } else {
      start = clock_.Now() - (view.ttl > 0 ? view.ttl : kYear);
    }
    FEAST_RETURN_IF_ERROR(MaterializeView(context, view, start, request, progress));
  }
  return Status::OK();
}

Status Ingest::MaterializeView(const CallContext& context, const ViewFacts& view, Micros start,
                               const MaterializeRequest& request,
                               const MaterializeProgress& progress) {
  if (progress.view_started) progress.view_started(view.name, start, request.end);
  FEAST_ASSIGN_OR_RETURN(OnlineStore * online, Online());
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, offline_());
  FEAST_ASSIGN_OR_RETURN(int version, VersionNumber(request.version));
  PullPlan plan;
  plan.read = ReadOf(view, view.features);
  plan.start = start;
  plan.end = request.end;
  plan.latest_only = true;
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows, offline->Pull(context, plan));
  if (progress.rows_expected) {
    FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(rows.get()));
    if (const auto expected = ExpectedRows(*schema.get())) progress.rows_expected(view.name, *expected);
  }
  int64_t total = 0;
  const Status written = WriteStream(
      context, *online, view, view.batch_source,
      TableOf(view, options_.project, request.version.empty() ? TableVersion(view) : version),
      options_.entity_key_version, /*skip_all_null=*/false, std::move(rows), [&](int64_t count) {
        total += count;
        if (progress.rows_written) progress.rows_written(view.name, count);
      });
  FEAST_RETURN_IF_ERROR(written.Annotate("materializing '" + view.name + "'"));
  FEAST_RETURN_IF_ERROR(registry_.Mutate(context, [&](core::Registry* registry) {
    return RecordMaterialization(registry, options_.project, view.name, start, request.end,
                                 clock_.Now());
  }));
  if (progress.view_done) progress.view_done(view.name, total);
  return Status::OK();
}

}  // namespace feast
