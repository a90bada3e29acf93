#pragma once
#include <memory>
#include <vector>

#include "feast/net/rpc_server.h"

namespace feast {

/// The server of libfeast_grpc.so: gRPC's callback API over raw bytes.
Result<std::unique_ptr<RpcServer>> StartCallServer(const RpcListenOptions& options,
                                                   std::vector<RpcMethod> methods);

}  // namespace feast
