#include <memory>

#include "feast/server/data_frame.h"
#include "feast/server/http/body_fields.h"
#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"

namespace feast {

void HandleWriteToOnlineStore(const ServerBackend& backend, const HttpRequest& request,
                              HttpRespond&& respond) {
  BodyFields fields(request.body);
  const std::string view = fields.Text("feature_view_name");
  const RawValue::Map frame = fields.Object("df");
  const bool cached = fields.Flag("allow_registry_cache", true);
  const bool transform = fields.Flag("transform_on_write", true);
  if (!fields.ok()) return respond(fields.Refusal());
  auto rows = DataFrameToStream(frame);
  if (!rows.ok()) return respond(ErrorResponse(rows.status()));
  auto stream = std::make_shared<OwnedStream>(*std::move(rows));
  AnswerFromPool(
      *backend.writes, std::move(respond),
      [&backend, view, stream, cached, transform, context = RequestContext(backend, request)] {
        const Status status =
            WriteToOnlineStore(backend, context, view, std::move(*stream), cached, transform);
        return status.ok() ? HttpResponse{200, "application/json", "null", {}}
                           : ErrorResponse(status);
      });
}

}  // namespace feast
