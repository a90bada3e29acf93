#pragma once
#include <vector>

#include "feast/net/rpc_message.h"
#include "feast/server/backend.h"
#include "feast/server/grpc/call_observer.h"

namespace feast {

/// Every method that the gRPC server knows: feast.serving.ServingService, GrpcFeatureServer and
/// reflection; the transport adds health. Borrows both.
std::vector<RpcMethod> FeatureServerMethods(const ServerBackend& backend,
                                            const CallObserver& observer);

}  // namespace feast
