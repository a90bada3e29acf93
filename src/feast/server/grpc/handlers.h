#pragma once
#include "feast/net/rpc_message.h"
#include "feast/server/backend.h"
#include "feast/server/grpc/status_map.h"

namespace feast {

/// One function a call, each in a file of its own name: bytes → one call below → bytes. All answer
/// exactly once, and none blocks the library's threads.

void ServeServingInfo(const ServerBackend& backend, const RpcRequest& request,
                      RpcRespond&& respond);
/// Of either service: they differ in how failures are said.
void ServeOnlineFeatures(const ServerBackend& backend, const RpcRequest& request, ErrorForm form,
                         RpcRespond&& respond);
void ServePush(const ServerBackend& backend, const RpcRequest& request, RpcRespond&& respond);
void ServeWriteToOnlineStore(const ServerBackend& backend, const RpcRequest& request,
                             RpcRespond&& respond);

/// The call's context with its trace id (`x-request-id`, else `traceparent`). Nobody is
/// authenticated yet: the principal has no name.
CallContext RpcContext(const RpcRequest& request);

/// Runs `write` on `pool` and answers `{status: true}` or its failure; RESOURCE_EXHAUSTED when the
/// pool's queue is full.
void AnswerWrite(BlockingPool& pool, RpcRespond&& respond, std::function<Status()> write);

}  // namespace feast
