#pragma once
#include "feast/net/http_message.h"
#include "feast/server/backend.h"
#include "feast/server/http/request_context.h"

namespace feast {

/// One function a request, each in a file of its own name. All answer exactly once, and none blocks
/// the event loop.
using HttpEndpoint = void (*)(const ServerBackend&, const HttpRequest&, HttpRespond&&);

void HandleGetOnlineFeatures(const ServerBackend& backend, const HttpRequest& request,
                             HttpRespond&& respond);
void HandlePush(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond);
void HandleWriteToOnlineStore(const ServerBackend& backend, const HttpRequest& request,
                              HttpRespond&& respond);
void HandleMaterialize(const ServerBackend& backend, const HttpRequest& request,
                       HttpRespond&& respond);
void HandleMaterializeIncremental(const ServerBackend& backend, const HttpRequest& request,
                                  HttpRespond&& respond);
void HandleHealth(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond);
void HandleMetrics(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond);
void HandleOpenApi(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond);
void HandleDocs(const ServerBackend& backend, const HttpRequest& request, HttpRespond&& respond);

/// The JSON text of an answer, straight from Value bytes. DataLoss names the column whose bytes are
/// no Value.
Result<std::string> RenderOnlineResponse(const OnlineResponse& response);

/// Runs `work` on `pool` and answers with its result; 503 when the pool's queue is full.
void AnswerFromPool(BlockingPool& pool, HttpRespond&& respond, std::function<HttpResponse()> work);

}  // namespace feast
