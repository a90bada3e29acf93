#include "feast/codec/wire_format.h"
#include "feast/server/grpc/handlers.h"

namespace feast {

void ServeServingInfo(const ServerBackend& /*backend*/, const RpcRequest& /*request*/,
                      RpcRespond&& respond) {
  RpcResponse response;
  AppendBytesField(1, "0.67.0", &response.body);  // the release that we answer like
  respond(std::move(response));
}

}  // namespace feast
