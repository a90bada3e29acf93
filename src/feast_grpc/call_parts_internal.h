#pragma once
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/net/rpc_server.h"
#include "feast_grpc/health_internal.h"
#include "feast_grpc/open_streams.h"

namespace feast::rpc {

/// What the calls of one server share. Thread-safe; outlives them.
struct Shared {
  RpcListenOptions options;
  std::vector<RpcMethod> methods;
  OpenStreams streams;
  std::unique_ptr<Health> health;
  std::atomic<int> in_flight{0};
};

/// The bytes of a received message in one piece: shared with the library where it has one.
class Message {
 public:
  explicit Message(const grpc::ByteBuffer& buffer);
  std::string_view bytes() const {
    return joined_.empty()
               ? std::string_view(reinterpret_cast<const char*>(slice_.begin()), slice_.size())
               : std::string_view(joined_);
  }

 private:
  grpc::Slice slice_;
  std::string joined_;
};

/// A message to send; a large body is handed over, not copied.
grpc::ByteBuffer ToBuffer(std::string body);

grpc::Status ToGrpc(const RpcResponse& response);

/// What a handler sees of a call but for the message. Borrows the context's memory.
RpcRequest RequestOf(const Shared& shared, const RpcMethod& method,
                     const grpc::CallbackServerContext& context);
/// The client's address without scheme and port.
std::string AddressOf(const std::string& peer);

/// `answer`, called once: by the first call, else with INTERNAL when the last copy goes.
RpcRespond AnswerOnce(std::function<void(RpcResponse)> answer);

/// The reactors. They delete themselves when the library is done with them.
grpc::ServerUnaryReactor* BeginCall(Shared& shared, const RpcMethod& method,
                                    grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request, grpc::ByteBuffer* response);
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* BeginStream(
    Shared& shared, const RpcMethod& method, grpc::CallbackServerContext* context);

/// Every method of the server as one service of raw bytes.
std::unique_ptr<grpc::Service> MakeService(Shared& shared);

}  // namespace feast::rpc
