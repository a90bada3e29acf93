#include "feast/server/grpc/methods.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "feast/server/grpc/handlers.h"
#include "feast/server/grpc/reflection.h"

namespace feast {
namespace {

constexpr size_t kLargeMessage = 256 << 10;

void ServingOnlineFeatures(const ServerBackend& backend, const RpcRequest& request,
                           RpcRespond&& respond) {
  ServeOnlineFeatures(backend, request, ErrorForm::kDetail, std::move(respond));
}

void ListenOnlineFeatures(const ServerBackend& backend, const RpcRequest& request,
                          RpcRespond&& respond) {
  ServeOnlineFeatures(backend, request, ErrorForm::kText, std::move(respond));
}

/// One line of the table of calls.
struct Row {
  std::string_view path;
  void (*handle)(const ServerBackend&, const RpcRequest&, RpcRespond&&);
  bool counts_itself = false;  ///< knows labels of its metrics that the others lack
};

constexpr std::array kRows = {
    Row{"/feast.serving.ServingService/GetFeastServingInfo", ServeServingInfo},
    Row{"/feast.serving.ServingService/GetOnlineFeatures", ServingOnlineFeatures,
        /*counts_itself=*/true},
    Row{"/GrpcFeatureServer/GetOnlineFeatures", ListenOnlineFeatures, /*counts_itself=*/true},
    Row{"/GrpcFeatureServer/Push", ServePush},
    Row{"/GrpcFeatureServer/WriteToOnlineStore", ServeWriteToOnlineStore},
};

void Handle(const ServerBackend& backend, const CallObserver& observer, const Row& row,
            const RpcRequest& request, RpcRespond&& respond) {
  respond = observer.Watch(request, row.counts_itself, std::move(respond));
  if (request.body.size() < kLargeMessage) return row.handle(backend, request, std::move(respond));
  // Small calls do not wait while a large one is parsed; it lives until it is answered.
  const Status queued = backend.writes->Submit(
      [&, respond]() mutable { row.handle(backend, request, std::move(respond)); });
  if (!queued.ok()) respond(RpcError(queued, ErrorForm::kText));
}

}  // namespace

std::vector<RpcMethod> FeatureServerMethods(const ServerBackend& backend,
                                            const CallObserver& observer) {
  std::vector<RpcMethod> methods;
  methods.reserve(kRows.size() + 2);
  for (const Row& row : kRows) {
    methods.push_back({std::string(row.path), [&](const RpcRequest& request, RpcRespond&& respond) {
                         Handle(backend, observer, row, request, std::move(respond));
                       }});
  }
  const auto reflection = std::make_shared<const Reflection>(std::vector<std::string>{
      "GrpcFeatureServer", "feast.serving.ServingService", "grpc.health.v1.Health"});
  for (const char* version : {"v1", "v1alpha"}) {
    RpcMethod method;
    method.path =
        std::string("/grpc.reflection.") + version + ".ServerReflection/ServerReflectionInfo";
    method.handle = [reflection](const RpcRequest& request, RpcRespond&& respond) {
      respond(reflection->Answer(request.body));
    };
    method.is_stream = true;
    methods.push_back(std::move(method));
  }
  return methods;
}

}  // namespace feast
