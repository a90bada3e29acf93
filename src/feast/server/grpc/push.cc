#include <memory>
#include <utility>

#include "feast/server/grpc/handlers.h"
#include "feast/server/grpc/row_request.h"

namespace feast {
namespace {

struct PushCall {
  PushRequest request;
  std::string to;
  OwnedStream rows;
};

Result<std::shared_ptr<PushCall>> DecodePush(std::string_view bytes) {
  FEAST_ASSIGN_OR_RETURN(RowRequest row, RowRequest::Decode(bytes, kPushFields));
  auto call = std::make_shared<PushCall>();
  FEAST_ASSIGN_OR_RETURN(call->request.to, ParsePushMode(row.to));
  FEAST_ASSIGN_OR_RETURN(call->rows, row.Rows());
  call->request.source = std::move(row.name);
  call->request.allow_registry_cache = row.allow_registry_cache;
  call->to = std::move(row.to);
  return call;
}

}  // namespace

void ServePush(const ServerBackend& backend, const RpcRequest& request, RpcRespond&& respond) {
  const auto decoded = DecodePush(request.body);
  if (!decoded.ok()) return respond(RpcError(decoded.status(), ErrorForm::kText));
  const std::shared_ptr<PushCall>& call = *decoded;
  // Offline rows wait for the batch process: online rows must not wait behind them.
  BlockingPool& pool =
      call->request.to == PushMode::kOnline ? *backend.writes : *backend.offline_writes;
  AnswerWrite(pool, std::move(respond),
              [&backend, call, context = RpcContext(request)]() -> Status {
                const auto outcome = backend.push(context, call->request, std::move(call->rows));
                FEAST_RETURN_IF_ERROR(outcome.status());
                if (backend.metrics) backend.metrics->Pushed(call->request.source, call->to);
                return Status::OK();
              });
}

}  // namespace feast
