#include "feast/server/writes/push_service.h"

#include <utility>
#include <vector>

#include "feast/ingest/buffered_rows.h"
#include "feast/ingest/view_lookup.h"

namespace feast {

Result<PushMode> ParsePushMode(const std::string& name) {
  if (name == "online") return PushMode::kOnline;
  if (name == "offline") return PushMode::kOffline;
  if (name == "online_and_offline") return PushMode::kOnlineAndOffline;
  return Status::InvalidArgument(
      name +
      " is not a supported push format. Please specify one of these ['online', 'offline', "
      "'online_and_offline'].");
}

PushService::PushService(Ingest& ingest, Registry& registry, const Authorizer& authorizer,
                         std::string project, OfflineWriter offline, OfflinePushQueue* queue)
    : ingest_(ingest),
      registry_(registry),
      authorizer_(authorizer),
      project_(std::move(project)),
      offline_(std::move(offline)),
      queue_(queue) {}

Status PushService::Authorize(const CallContext& context, const PushRequest& request) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, registry_.Cached());
  FEAST_ASSIGN_OR_RETURN(const auto views, FindPushTargets(*snapshot, project_, request.source));
  std::vector<Resource> resources;
  resources.reserve(views.size());
  for (const ViewFacts& view : views) resources.push_back({view.kind, view.name});
  if (request.to != PushMode::kOffline) {
    FEAST_RETURN_IF_ERROR(authorizer_.Authorize(context, resources, Action::kWriteOnline));
  }
  if (request.to == PushMode::kOnline) return Status::OK();
  return authorizer_.Authorize(context, resources, Action::kWriteOffline);
}

Result<PushOutcome> PushService::Push(const CallContext& context, const PushRequest& request,
                                      OwnedStream rows) {
  FEAST_RETURN_IF_ERROR(context.Check());
  if (!request.allow_registry_cache) FEAST_RETURN_IF_ERROR(registry_.Refresh().status());
  // Neither leg is begun unless both are allowed.
  FEAST_RETURN_IF_ERROR(Authorize(context, request));
  if (request.to == PushMode::kOnline) {
    FEAST_RETURN_IF_ERROR(
        ingest_.Push(context, request.source, std::move(rows), PushMode::kOnline));
    return PushOutcome::kWritten;
  }
  if (request.to == PushMode::kOnlineAndOffline) {
    FEAST_ASSIGN_OR_RETURN(const BufferedRows both, BufferedRows::Read(std::move(rows)));
    FEAST_ASSIGN_OR_RETURN(OwnedStream online, both.Replay());
    FEAST_RETURN_IF_ERROR(
        ingest_.Push(context, request.source, std::move(online), PushMode::kOnline));
    FEAST_ASSIGN_OR_RETURN(rows, both.Replay());
  }
  OfflinePush push{request.source, std::move(rows)};
  if (queue_) {
    FEAST_RETURN_IF_ERROR(queue_->Add(std::move(push)));
    return PushOutcome::kQueued;
  }
  FEAST_RETURN_IF_ERROR(offline_(context, std::move(push)));
  return PushOutcome::kWritten;
}

}  // namespace feast
