#include <grpcpp/impl/codegen/server_callback_handlers.h>

#include <utility>

#include "feast_grpc/call_parts_internal.h"

namespace feast::rpc {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;
using Unary = grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>;
using Stream = grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>;
using Watch = grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>;

constexpr const char* kCheck = "/grpc.health.v1.Health/Check";
constexpr const char* kWatch = "/grpc.health.v1.Health/Watch";

/// What generated services do in their `WithRawCallbackMethod_` classes, for any method.
class RawService final : public grpc::Service {
 public:
  explicit RawService(Shared& shared) {
    for (const feast::RpcMethod& method : shared.methods) {
      if (method.is_stream) {
        Add(method.path.c_str(), RpcMethod::BIDI_STREAMING,
            new Stream([&shared, &method](CallbackServerContext* context) {
              return BeginStream(shared, method, context);
            }));
      } else {
        Add(method.path.c_str(), RpcMethod::NORMAL_RPC,
            new Unary([&shared, &method](CallbackServerContext* context, const ByteBuffer* request,
                                         ByteBuffer* response) {
              return BeginCall(shared, method, context, request, response);
            }));
      }
    }
    Health& health = *shared.health;
    Add(kCheck, RpcMethod::NORMAL_RPC,
        new Unary([&health](CallbackServerContext* context, const ByteBuffer* request,
                            ByteBuffer* response) {
          RpcResponse answer = health.Check(Message(*request).bytes());
          const grpc::Status status = ToGrpc(answer);
          *response = ToBuffer(std::move(answer.body));
          auto* reactor = context->DefaultReactor();
          reactor->Finish(status);
          return reactor;
        }));
    Add(kWatch, RpcMethod::SERVER_STREAMING,
        new Watch([&health](CallbackServerContext* /*context*/, const ByteBuffer* request) {
          return health.Watch(Message(*request).bytes());
        }));
  }

 private:
  void Add(const char* path, RpcMethod::RpcType type, grpc::internal::MethodHandler* handler) {
    AddMethod(new RpcServiceMethod(path, type, nullptr));
    MarkMethodRawCallback(added_++, handler);
  }

  int added_ = 0;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeService(Shared& shared) {
  return std::make_unique<RawService>(shared);
}

}  // namespace feast::rpc
