#include <memory>

#include "feast/server/data_frame.h"
#include "feast/server/http/body_fields.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"

namespace feast {
void HandlePush(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond) {
  BodyFields fields(request.body);
  PushRequest asked;
  asked.source = fields.Text("push_source_name");
  const RawValue::Map frame = fields.Object("df");
  asked.allow_registry_cache = fields.Flag("allow_registry_cache", true);
  const std::string to = fields.Text("to", "online");
  // Only stored on-demand views are transformed when written, and no push source feeds one.
  fields.Flag("transform_on_write", true);
  if (!fields.ok()) return respond(fields.Refusal());
  const auto mode = ParsePushMode(to);
  if (!mode.ok()) return respond(ErrorResponse(mode.status()));
  asked.to = *mode;
  auto rows = DataFrameToStream(frame);
  if (!rows.ok()) return respond(ErrorResponse(rows.status()));
  auto stream = std::make_shared<OwnedStream>(*std::move(rows));
  // Offline rows wait for the batch process: online rows must not wait behind them.
  BlockingPool& pool = *mode == PushMode::kOnline ? *backend.writes : *backend.offline_writes;
  AnswerFromPool(pool, std::move(respond),
                 [&backend, asked, to, stream, context = RequestContext(backend, request)] {
                   const auto outcome = backend.push(context, asked, std::move(*stream));
                   if (!outcome.ok()) return ErrorResponse(outcome.status());
                   if (backend.metrics) backend.metrics->Pushed(asked.source, to);
                   return HttpResponse{*outcome == PushOutcome::kQueued ? 202 : 200};
                 });
}

}  // namespace feast
