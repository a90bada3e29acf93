// The one entry point of libfeast_grpc.so.
#include <string_view>
#include <utility>

#include "feast_grpc/call_server.h"

namespace feast {
namespace {

class Module final : public GrpcModule {
  Result<std::unique_ptr<RpcServer>> StartServer(const RpcListenOptions& options,
                                                 std::vector<RpcMethod> methods) override {
    return StartCallServer(options, std::move(methods));
  }
};

}  // namespace
}  // namespace feast

// NOLINTNEXTLINE(readability-identifier-naming): a C symbol
extern "C" feast::GrpcModule* feast_grpc(const char* build_id) {
  static feast::Module module;
  return std::string_view(build_id) == FEAST_GRPC_BUILD_ID ? &module : nullptr;
}
