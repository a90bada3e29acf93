#include <memory>
#include <optional>

#include "feast/server/http/body_fields.h"
#include "feast/server/http/data_frame.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"

namespace feast {
namespace {

std::optional<PushMode> ParseMode(std::string_view text) {
  if (text == "online") return PushMode::kOnline;
  if (text == "offline") return PushMode::kOffline;
  if (text == "online_and_offline") return PushMode::kOnlineAndOffline;
  return std::nullopt;
}

}  // namespace

void HandlePush(const HttpBackend& backend, const HttpRequest& request, HttpRespond respond) {
  BodyFields fields(request.body);
  const std::string source = fields.Text("push_source_name");
  const RawValue::Map frame = fields.Object("df");
  fields.Flag("allow_registry_cache", true);
  const std::string to = fields.Text("to", "online");
  fields.Flag("transform_on_write", true);
  if (!fields.ok()) return respond(fields.Refusal());
  const auto mode = ParseMode(to);
  if (!mode) {
    return respond(ErrorResponse(Status::InvalidArgument(
        to +
        " is not a supported push format. Please specify one of these ['online', 'offline', "
        "'online_and_offline'].")));
  }
  if (backend.metrics) {
    backend.metrics
        ->GetCounter("feast_push_request_total", "Push requests.",
                     {{"push_source", source}, {"mode", to}})
        .Add();
  }
  auto rows = DataFrameToStream(frame);
  if (!rows.ok()) return respond(ErrorResponse(rows.status()));
  auto stream = std::make_shared<OwnedStream>(*std::move(rows));
  AnswerFromPool(*backend.writes, std::move(respond), [&backend, source, stream, mode] {
    const Status status = backend.push(CallContext(), source, std::move(*stream), *mode);
    return status.ok() ? HttpResponse{} : ErrorResponse(status);
  });
}

}  // namespace feast
