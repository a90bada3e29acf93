#include <utility>

#include "feast/codec/wire_format.h"
#include "feast/server/grpc/handlers.h"

namespace feast {

CallContext RpcContext(const RpcRequest& request) {
  CallContext context = request.context;
  const std::string_view id = request.Metadata("x-request-id");
  context.set_trace_id(std::string(id.empty() ? request.Metadata("traceparent") : id));
  return context;
}

void AnswerWrite(BlockingPool& pool, RpcRespond&& respond, std::function<Status()> write) {
  const Status queued = pool.Submit([respond, write = std::move(write)] {
    if (const Status status = write(); !status.ok()) {
      return respond(RpcError(status, ErrorForm::kText));
    }
    RpcResponse done;
    AppendVarintField(1, 1, &done.body);
    respond(std::move(done));
  });
  if (!queued.ok()) {
    respond(
        RpcError(Status::ResourceExhausted("Too many requests of this kind are waiting, try again"),
                 ErrorForm::kText));
  }
}

}  // namespace feast
