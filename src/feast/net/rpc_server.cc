#include "feast/net/rpc_server.h"

#include <utility>

#include "feast/base/shared_module.h"

namespace feast {
namespace {

Result<GrpcModule*> Open() {
  constexpr const char* kFile = "libfeast_grpc.so";
  FEAST_ASSIGN_OR_RETURN(void* const entry, OpenSharedModule(kFile, "feast_grpc", "gRPC"));
  GrpcModule* module = reinterpret_cast<GrpcEntry*>(entry)(FEAST_GRPC_BUILD_ID);
  if (!module) return OtherBuild(kFile);
  return module;
}

}  // namespace

Result<std::unique_ptr<RpcServer>> RpcServer::Start(const RpcListenOptions& options,
                                                    std::vector<RpcMethod> methods) {
  static const Result<GrpcModule*> kModule = Open();
  if (!kModule.ok()) return kModule.status();
  return (*kModule)->StartServer(options, std::move(methods));
}

}  // namespace feast
