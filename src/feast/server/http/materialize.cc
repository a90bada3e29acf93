#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"
#include "feast/ingest/view_lookup.h"
#include "feast/registry/view_state.h"
#include "feast/server/http/body_fields.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"

namespace feast {
namespace {

Result<Micros> ReadTime(std::string_view name, const std::string& text) {
  const auto time = ParseIso8601(text);
  if (!time.ok()) return time.status().Annotate(name);
  return (*time).utc;
}

std::string NamesJson(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) {
    if (&name != names.data()) out += ',';
    AppendJsonString(name, &out);
  }
  return out + "]";
}

HttpResponse AlreadyRunning(const std::vector<std::string>& running) {
  std::string names;
  for (const std::string& name : running) names += (names.empty() ? "'" : ", '") + name + "'";
  std::string body = "{\"error\":";
  AppendJsonString(
      "Cannot start async materialization — the following feature views are already in "
      "MATERIALIZING state: [" +
          names + "]. Use ?force=true to override.",
      &body);
  return {409, "application/json", body + ",\"feature_views\":" + NamesJson(running) + "}", {}};
}

Status Materialize(const ServerBackend& backend, const CallContext& context,
                   const MaterializeRequest& request) {
  const auto progress =
      backend.metrics ? backend.metrics->WatchMaterialization() : MaterializeProgress();
  Status done = backend.materialize(context, request, progress);
  // Another process recorded it: reads here see the views' new state from the answer on.
  (void)backend.registry->Refresh();
  return done;
}

HttpResponse RunNow(const ServerBackend& backend, const CallContext& context,
                    const MaterializeRequest& request) {
  const Status status = Materialize(backend, context, request);
  return status.ok() ? HttpResponse{200, "application/json", "null", {}} : ErrorResponse(status);
}

/// Marks the views in the registry, queues the run, and says so; the mark goes with the run.
HttpResponse RunLater(const ServerBackend& backend, const CallContext& context,
                      const MaterializeRequest& request, const std::vector<std::string>& views,
                      bool force) {
  std::vector<std::string> running;
  const auto before = MarkMaterializing(*backend.registry, backend.project, views, force, &running);
  if (!before.ok()) return ErrorResponse(before.status());
  if (!running.empty()) return AlreadyRunning(running);
  const auto unmark = [&backend, states = *before](bool success) {
    const Status unmarked =
        UnmarkMaterializing(*backend.registry, backend.project, states, success);
    if (!unmarked.ok() && backend.report) backend.report(unmarked.message());
  };
  const Status queued = backend.materializations->Submit([&backend, context, request, unmark] {
    const Status done = Materialize(backend, context, request);
    // Nobody waits for this answer: callers look at the state in the registry.
    if (!done.ok() && backend.report) {
      backend.report("asynchronous materialization failed: " + done.message());
    }
    unmark(done.ok());
  });
  if (!queued.ok()) {
    unmark(false);
    return ErrorResponse(
        Status::ResourceExhausted("Too many materializations are waiting, try again"));
  }
  return {202,
          "application/json",
          "{\"status\":\"accepted\",\"feature_views\":" + NamesJson(views) + "}",
          {}};
}

/// The common end of both requests: check the views and the caller, then run now or later.
void Run(const ServerBackend& backend, const HttpRequest& http, const MaterializeRequest& request,
         bool later, bool force, HttpRespond&& respond) {
  BlockingPool& pool = later ? *backend.writes : *backend.materializations;
  AnswerFromPool(pool, std::move(respond),
                 [&backend, request, later, force, context = JobContext(backend, http)] {
                   const auto snapshot = backend.registry->Refresh();
                   if (!snapshot.ok()) return ErrorResponse(snapshot.status());
                   const auto views = FindMaterializedViews(**snapshot, backend.project,
                                                            request.views, std::nullopt);
                   if (!views.ok()) return ErrorResponse(views.status());
                   std::vector<Resource> resources;
                   std::vector<std::string> names;
                   for (const ViewFacts& view : *views) {
                     resources.push_back({view.kind, view.name});
                     names.push_back(view.name);
                   }
                   const Status allowed =
                       backend.authorizer->Authorize(context, resources, Action::kWriteOnline);
                   if (!allowed.ok()) return ErrorResponse(allowed);
                   return later ? RunLater(backend, context, request, names, force)
                                : RunNow(backend, context, request);
                 });
}

Status ReadInterval(const ServerBackend& backend, const std::optional<std::string>& start,
                    const std::optional<std::string>& end, bool all_time,
                    MaterializeRequest* request) {
  if (all_time) {
    request->start = 0;
    request->end = backend.clock->Now();
    return Status::OK();
  }
  if (!start || !end) {
    return Status::InvalidArgument(
        "start_ts and end_ts are required when disable_event_timestamp is False");
  }
  FEAST_ASSIGN_OR_RETURN(request->start, ReadTime("start_ts", *start));
  FEAST_ASSIGN_OR_RETURN(request->end, ReadTime("end_ts", *end));
  if (*request->start >= request->end) {
    return Status::InvalidArgument("start_ts must be before end_ts: " + *start + " is not before " +
                                   *end);
  }
  return Status::OK();
}

}  // namespace

void HandleMaterialize(const ServerBackend& backend, const HttpRequest& request,
                       HttpRespond&& respond) {
  BodyFields fields(request.body);
  const auto start = fields.OptionalText("start_ts");
  const auto end = fields.OptionalText("end_ts");
  MaterializeRequest asked;
  asked.views = fields.OptionalTextList("feature_views").value_or(std::vector<std::string>());
  const bool all_time = fields.Flag("disable_event_timestamp", false);
  fields.Flag("full_feature_names", false);
  asked.version = fields.OptionalText("version").value_or("");
  const bool later = fields.QueryFlag(request, "async", false);
  const bool force = fields.QueryFlag(request, "force", false);
  if (!fields.ok()) return respond(fields.Refusal());
  const Status status = ReadInterval(backend, start, end, all_time, &asked);
  if (!status.ok()) return respond(ErrorResponse(status));
  Run(backend, request, asked, later, force, std::move(respond));
}

void HandleMaterializeIncremental(const ServerBackend& backend, const HttpRequest& request,
                                  HttpRespond&& respond) {
  BodyFields fields(request.body);
  const std::string end = fields.Text("end_ts");
  MaterializeRequest asked;
  asked.views = fields.OptionalTextList("feature_views").value_or(std::vector<std::string>());
  fields.Flag("full_feature_names", false);
  asked.version = fields.OptionalText("version").value_or("");
  const bool later = fields.QueryFlag(request, "async", false);
  const bool force = fields.QueryFlag(request, "force", false);
  if (!fields.ok()) return respond(fields.Refusal());
  const auto time = ReadTime("end_ts", end);
  if (!time.ok()) return respond(ErrorResponse(time.status()));
  asked.end = *time;
  Run(backend, request, asked, later, force, std::move(respond));
}

}  // namespace feast
