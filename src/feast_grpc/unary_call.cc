#include <utility>

#include "feast_grpc/call_parts_internal.h"

namespace feast::rpc {
namespace {

/// One call, from its arrival to the library's last word on it.
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(Shared& shared, const RpcMethod& method, grpc::CallbackServerContext* context,
            const grpc::ByteBuffer* request, grpc::ByteBuffer* response)
      : shared_(shared),
        method_(method),
        peer_(AddressOf(context->peer())),
        message_(*request),
        request_(RequestOf(shared, method, *context)),
        response_(response) {
    request_.body = message_.bytes();
    request_.peer = peer_;
  }

  void Begin() {
    if (shared_.in_flight.fetch_add(1) >= shared_.options.limits.max_in_flight) {
      const StatusCode code = StatusCode::kResourceExhausted;
      if (shared_.options.refused) shared_.options.refused(peer_, method_.path, code);
      return Answer({code, "Too many calls are in flight, try again", {}});
    }
    // The call lives until it is answered.
    method_.handle(request_,
                   AnswerOnce([this](RpcResponse response) { Answer(std::move(response)); }));
  }

  void OnDone() override {
    shared_.in_flight.fetch_sub(1);
    delete this;
  }
  void OnCancel() override { request_.context.Cancel(); }
  // Both are a few instructions: not worth the executor's thread that the library would wake.
  bool InternalInlineable() override { return true; }

 private:
  void Answer(RpcResponse response) {
    if (response.code == StatusCode::kOk) *response_ = ToBuffer(std::move(response.body));
    Finish(ToGrpc(response));
  }

  Shared& shared_;
  const RpcMethod& method_;
  const std::string peer_;
  const Message message_;
  RpcRequest request_;
  grpc::ByteBuffer* const response_;
};

}  // namespace

grpc::ServerUnaryReactor* BeginCall(Shared& shared, const RpcMethod& method,
                                    grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  auto* call = new UnaryCall(shared, method, context, request, response);
  call->Begin();
  return call;
}

}  // namespace feast::rpc
