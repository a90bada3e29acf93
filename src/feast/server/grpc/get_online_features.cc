#include <memory>
#include <utility>

#include "feast/retrieval/serving_proto.h"
#include "feast/server/grpc/handlers.h"
#include "feast/server/read_count.h"

namespace feast {

void ServeOnlineFeatures(const ServerBackend& backend, const RpcRequest& request, ErrorForm form,
                         RpcRespond&& respond) {
  auto asked = DecodeOnlineRequest(request.body);
  std::shared_ptr<const ReadCount> count;
  if (backend.metrics) {
    count = std::make_shared<ReadCount>(*backend.metrics, std::string(request.path),
                                        asked.ok() ? *asked : OnlineRequest());
    respond = [count, respond = std::move(respond)](RpcResponse response) {
      count->Answered(response.code == StatusCode::kOk);
      respond(std::move(response));
    };
  }
  if (!asked.ok()) return respond(RpcError(asked.status(), form));
  backend.retrieve(RpcContext(request), *std::move(asked),
                   [count, form, respond = std::move(respond)](Result<OnlineResponse> answer) {
                     if (!answer.ok()) return respond(RpcError(answer.status(), form));
                     if (count) count->Read(*answer);
                     auto body = EncodeOnlineResponse(*answer);
                     if (!body.ok()) return respond(RpcError(body.status(), form));
                     respond({StatusCode::kOk, {}, *std::move(body)});
                   });
}

}  // namespace feast
