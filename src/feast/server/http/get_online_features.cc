#include <algorithm>
#include <array>
#include <memory>

#include "feast/codec/value_json.h"
#include "feast/retrieval/serving_proto.h"
#include "feast/server/http/body_fields.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"
#include "feast/server/read_count.h"

namespace feast {
namespace {

std::string_view StatusJson(FieldStatus status) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "\"INVALID\"", "\"PRESENT\"", "\"NULL_VALUE\"", "\"NOT_FOUND\"", "\"OUTSIDE_MAX_AGE\""};
  const auto index = static_cast<size_t>(status);
  return kNames[index < kNames.size() ? index : 0];
}

Status AppendColumn(const OnlineColumn& column, std::string* out) {
  *out += "{\"values\":[";
  for (size_t i = 0; i < column.values.size(); ++i) {
    if (i > 0) *out += ',';
    if (column.values[i].empty()) {
      *out += "null";
    } else if (Status status = AppendValueJson(column.values[i], out); !status.ok()) {
      return status.Annotate("column " + column.name);
    }
  }
  *out += "],\"statuses\":[";
  for (size_t i = 0; i < column.statuses.size(); ++i) {
    if (i > 0) *out += ',';
    *out += StatusJson(column.statuses[i]);
  }
  *out += ']';
  if (!column.event_times.empty()) {
    *out += ",\"event_timestamps\":[";
    std::string text;  // rows of a batch often share their time: render it once
    for (size_t i = 0; i < column.event_times.size(); ++i) {
      if (i > 0) *out += ',';
      if (i == 0 || column.event_times[i] != column.event_times[i - 1]) {
        text = "\"";
        AppendRfc3339(column.event_times[i], &text);
        text += '"';
      }
      *out += text;
    }
    *out += ']';
  }
  *out += '}';
  return Status::OK();
}

void AppendMetadata(const OnlineResponse& response, std::string* out) {
  *out += "\"metadata\":{\"feature_names\":[";
  for (const OnlineColumn& column : response.columns) {
    if (&column != response.columns.data()) *out += ',';
    AppendJsonString(column.name, out);
  }
  *out += ']';
  if (!response.view_versions.empty()) {
    *out += ",\"feature_view_metadata\":[";
    for (const auto& view : response.view_versions) {
      if (&view != response.view_versions.data()) *out += ',';
      *out += "{\"name\":";
      AppendJsonString(view.first, out);
      if (view.second != 0) *out += ",\"version\":" + std::to_string(view.second);
      *out += '}';
    }
    *out += ']';
  }
  *out += '}';
}

Status CheckRows(const OnlineRequest& request) {
  for (const auto& [name, values] : request.entities) {
    const auto& first = request.entities.front();
    if (values.size() == first.second.size()) continue;
    return Status::InvalidArgument("All entity rows must have the same columns: '" + first.first +
                                   "' has " + std::to_string(first.second.size()) + " values, '" +
                                   name + "' has " + std::to_string(values.size()));
  }
  return Status::OK();
}

constexpr std::string_view kProtobuf = "application/x-protobuf";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Whether an Accept header names protobuf, and does not rule it out (`;q=0`). Who sends no such
/// name gets JSON, as upstream's clients expect.
bool WantsProtobuf(std::string_view accept) {
  while (!accept.empty()) {
    const std::string_view range = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), range.size() + 1));
    const std::string_view type = Trimmed(range.substr(0, range.find(';')));
    const bool named = std::ranges::equal(type, kProtobuf, [](char a, char b) {
      return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
    });
    if (!named) continue;
    const size_t q = range.find("q=");
    return q == range.npos || range.find_first_not_of("0. ", q + 2) != range.npos;
  }
  return false;
}

HttpResponse Rendered(const OnlineResponse& answer, bool protobuf) {
  auto body = protobuf ? EncodeOnlineResponse(answer) : RenderOnlineResponse(answer);
  if (!body.ok()) return ErrorResponse(body.status());
  return {200, std::string(protobuf ? kProtobuf : "application/json"), *std::move(body), {}};
}

}  // namespace

Result<std::string> RenderOnlineResponse(const OnlineResponse& response) {
  std::string out = "{\"results\":[";
  const size_t rows = response.columns.empty() ? 0 : response.columns.front().values.size();
  out.reserve(128 + response.columns.size() * (64 + rows * 56));
  for (const OnlineColumn& column : response.columns) {
    if (&column != response.columns.data()) out += ',';
    FEAST_RETURN_IF_ERROR(AppendColumn(column, &out));
  }
  out += "],";
  AppendMetadata(response, &out);
  out += '}';
  return out;
}

void HandleGetOnlineFeatures(const ServerBackend& backend, const HttpRequest& request,
                             HttpRespond&& respond) {
  BodyFields fields(request.body);
  OnlineRequest asked;
  asked.entities = fields.Columns("entities");
  asked.feature_service = fields.OptionalText("feature_service").value_or("");
  asked.features = fields.TextList("features");
  asked.full_feature_names = fields.Flag("full_feature_names", false);
  asked.include_version_metadata = fields.Flag("include_feature_view_version_metadata", false);
  std::shared_ptr<const ReadCount> count;
  if (backend.metrics) {
    count = std::make_shared<ReadCount>(*backend.metrics, "/get-online-features", asked);
    respond = [count, respond = std::move(respond)](HttpResponse response) {
      count->Answered(response.status < 400);
      respond(std::move(response));
    };
  }
  if (!fields.ok()) return respond(fields.Refusal());
  if (const Status status = CheckRows(asked); !status.ok()) return respond(ErrorResponse(status));
  const bool protobuf = WantsProtobuf(request.Header("accept"));
  backend.retrieve(RequestContext(backend, request), std::move(asked),
                   [count, protobuf, respond = std::move(respond)](Result<OnlineResponse> answer) {
                     if (!answer.ok()) return respond(ErrorResponse(answer.status()));
                     if (count) count->Read(*answer);
                     respond(Rendered(*answer, protobuf));
                   });
}

}  // namespace feast
