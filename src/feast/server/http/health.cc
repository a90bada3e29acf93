#include "feast/server/http/handlers.h"
#include "feast/server/http/status_map.h"

namespace feast {

void AnswerFromPool(BlockingPool& pool, HttpRespond&& respond, std::function<HttpResponse()> work) {
  const Status queued = pool.Submit([respond, work = std::move(work)] { respond(work()); });
  if (!queued.ok()) {
    respond(ErrorResponse(
        Status::ResourceExhausted("Too many requests of this kind are waiting, try again")));
  }
}

void HandleHealth(const ServerBackend& backend, const HttpRequest& /*request*/,
                  HttpRespond&& respond) {
  respond({backend.registry->Cached().ok() ? 200 : 503});
}

}  // namespace feast
