#include <algorithm>
#include <array>
#include <memory>

#include "feast/codec/value_json.h"
#include "feast/retrieval/serving_proto.h"
#include "feast/server/http/body_fields.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"
#include "feast/server/http/weighted_list.h"
#include "feast/server/read_count.h"

namespace feast {
namespace {

/// With the comma that follows, which the last one loses.
std::string_view StatusJson(FieldStatus status) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "\"INVALID\",", "\"PRESENT\",", "\"NULL_VALUE\",", "\"NOT_FOUND\",", "\"OUTSIDE_MAX_AGE\","};
  const auto index = static_cast<size_t>(status);
  return kNames[index < kNames.size() ? index : 0];
}

/// A part of the text that is being written.
struct Part {
  size_t begin = 0;
  size_t size = 0;
};

void AppendStatuses(std::span<const FieldStatus> statuses, std::string* out) {
  *out += "],\"statuses\":[";
  for (const FieldStatus status : statuses) *out += StatusJson(status);
  if (!statuses.empty()) out->pop_back();
  *out += ']';
}

/// The text of the time that was asked for last: rows and views that were written together share
/// it.
class TimeText {
 public:
  /// With the comma that follows.
  const std::string& Of(Micros time) {
    if (text_.empty() || time != time_) {
      time_ = time;
      text_ = "\"";
      AppendRfc3339(time, &text_);
      text_ += "\",";
    }
    return text_;
  }

 private:
  Micros time_ = 0;
  std::string text_;
};

void AppendTimes(std::span<const Micros> times, TimeText* text, std::string* out) {
  if (!times.empty()) {
    *out += ",\"event_timestamps\":[";
    for (const Micros time : times) *out += text->Of(time);
    out->back() = ']';
  }
  *out += '}';
}

/// Whether both are one list, for the most: lists of columns of one view.
template <typename T>
bool AreSame(std::span<const T> left, std::span<const T> right) {
  return left.data() == right.data() && left.size() == right.size();
}

/// Writes columns. What a column repeats of the one before, which is the rule within a view, is
/// copied from there.
class ColumnWriter {
 public:
  explicit ColumnWriter(std::string* out) : out_(*out) {}

  Status Append(const OnlineColumn& column) {
    if (previous_) out_ += ',';
    out_ += "{\"values\":[";
    if (const Status status = AppendValuesJson(column.values, &out_); !status.ok()) {
      return status.Annotate("column " + std::string(column.name));
    }
    const bool same_statuses = previous_ && AreSame(previous_->statuses, column.statuses);
    statuses_ = Repeat(same_statuses, statuses_, [&] { AppendStatuses(column.statuses, &out_); });
    const bool same_times = previous_ && AreSame(previous_->event_times, column.event_times);
    times_ =
        Repeat(same_times, times_, [&] { AppendTimes(column.event_times, &time_text_, &out_); });
    previous_ = &column;
    return Status::OK();
  }

 private:
  template <typename Render>
  Part Repeat(bool same, Part last, const Render& render) {
    const size_t begin = out_.size();
    if (same) {
      out_.append(out_, last.begin, last.size);
    } else {
      render();
    }
    return {begin, out_.size() - begin};
  }

  std::string& out_;
  const OnlineColumn* previous_ = nullptr;
  Part statuses_;
  Part times_;
  TimeText time_text_;
};

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

/// Whether an Accept header names protobuf, and does not rule it out (`;q=0`). Who sends no such
/// name gets JSON, as upstream's clients expect.
bool WantsProtobuf(std::string_view accept) {
  for (WeightedName range; NextWeighted(&accept, &range);) {
    if (SameName(range.name, kProtobuf)) return range.weight > 0;
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
  ColumnWriter writer(&out);
  for (const OnlineColumn& column : response.columns) FEAST_RETURN_IF_ERROR(writer.Append(column));
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
