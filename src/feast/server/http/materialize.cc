#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"
#include "feast/server/http/body_fields.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"
#include "feast/server/http/view_states.h"

namespace feast {
namespace {

Result<Micros> ReadTime(std::string_view name, const std::string& text) {
  const auto time = ParseIso8601(text);
  if (!time.ok()) return time.status().Annotate(name);
  return (*time).utc;
}

bool QueryFlag(const HttpRequest& request, std::string_view name) {
  const auto text = request.QueryParameter(name);
  return text && ParseFlag(*text).value_or(false);
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

HttpResponse RunNow(const HttpBackend& backend, const MaterializeRequest& request) {
  const Status status = backend.materialize(CallContext(), request);
  return status.ok() ? HttpResponse{200, "application/json", "null", {}} : ErrorResponse(status);
}

/// Marks the views in the registry, queues the run, and says so; a failed run takes the mark away.
HttpResponse RunLater(const HttpBackend& backend, const MaterializeRequest& request,
                      const std::vector<std::string>& views, bool force) {
  const auto snapshot = backend.registry->Refresh();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  const auto running = ViewsInState(**snapshot, backend.project, views, core::MATERIALIZING);
  if (!running.empty() && !force) return AlreadyRunning(running);
  const auto mark = [&backend, views](core::FeatureViewState state) {
    return SetViewStates(*backend.registry, backend.project, views, state);
  };
  if (const Status status = mark(core::MATERIALIZING); !status.ok()) return ErrorResponse(status);
  const Status queued = backend.materializations->Submit([&backend, request, mark] {
    const Status done = backend.materialize(CallContext(), request);
    // Nobody waits for this answer: the state in the registry is what callers look at.
    (void)mark(done.ok() ? core::AVAILABLE_ONLINE : core::GENERATED);
  });
  if (!queued.ok()) {
    (void)mark(core::GENERATED);
    return ErrorResponse(
        Status::ResourceExhausted("Too many materializations are waiting, try again"));
  }
  return {202,
          "application/json",
          "{\"status\":\"accepted\",\"feature_views\":" + NamesJson(views) + "}",
          {}};
}

/// The common end of both requests: check the views, then run now or later.
void Run(const HttpBackend& backend, const HttpRequest& http, MaterializeRequest request,
         HttpRespond respond) {
  const bool later = QueryFlag(http, "async");
  const bool force = QueryFlag(http, "force");
  BlockingPool& pool = later ? *backend.writes : *backend.materializations;
  AnswerFromPool(pool, std::move(respond), [&backend, request, later, force] {
    const auto snapshot = backend.registry->Cached();
    if (!snapshot.ok()) return ErrorResponse(snapshot.status());
    const auto views = ViewsToMaterialize(**snapshot, backend.project, request.views);
    if (!views.ok()) return ErrorResponse(views.status());
    return later ? RunLater(backend, request, *views, force) : RunNow(backend, request);
  });
}

Status ReadInterval(const HttpBackend& backend, const std::optional<std::string>& start,
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

void HandleMaterialize(const HttpBackend& backend, const HttpRequest& request,
                       HttpRespond respond) {
  BodyFields fields(request.body);
  const auto start = fields.OptionalText("start_ts");
  const auto end = fields.OptionalText("end_ts");
  MaterializeRequest asked;
  asked.views = fields.OptionalTextList("feature_views").value_or(std::vector<std::string>());
  const bool all_time = fields.Flag("disable_event_timestamp", false);
  fields.Flag("full_feature_names", false);
  asked.version = fields.OptionalText("version").value_or("");
  if (!fields.ok()) return respond(fields.Refusal());
  const Status status = ReadInterval(backend, start, end, all_time, &asked);
  if (!status.ok()) return respond(ErrorResponse(status));
  Run(backend, request, std::move(asked), std::move(respond));
}

void HandleMaterializeIncremental(const HttpBackend& backend, const HttpRequest& request,
                                  HttpRespond respond) {
  BodyFields fields(request.body);
  const std::string end = fields.Text("end_ts");
  MaterializeRequest asked;
  asked.views = fields.OptionalTextList("feature_views").value_or(std::vector<std::string>());
  fields.Flag("full_feature_names", false);
  asked.version = fields.OptionalText("version").value_or("");
  if (!fields.ok()) return respond(fields.Refusal());
  const auto time = ReadTime("end_ts", end);
  if (!time.ok()) return respond(ErrorResponse(time.status()));
  asked.end = *time;
  Run(backend, request, std::move(asked), std::move(respond));
}

}  // namespace feast
