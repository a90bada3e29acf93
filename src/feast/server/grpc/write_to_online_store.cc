#include <memory>
#include <utility>

#include "feast/server/grpc/handlers.h"
#include "feast/server/grpc/row_request.h"

namespace feast {

void ServeWriteToOnlineStore(const ServerBackend& backend, const RpcRequest& request,
                             RpcRespond&& respond) {
  const auto row = RowRequest::Decode(request.body, kWriteFields);
  if (!row.ok()) return respond(RpcError(row.status(), ErrorForm::kText));
  auto rows = row->Rows();
  if (!rows.ok()) return respond(RpcError(rows.status(), ErrorForm::kText));
  AnswerWrite(
      *backend.writes, std::move(respond),
      [&backend, view = row->name, cached = row->allow_registry_cache,
       stream = std::make_shared<OwnedStream>(*std::move(rows)), context = RpcContext(request)] {
        return WriteToOnlineStore(backend, context, view, std::move(*stream), cached,
                                  /*transform_on_write=*/true);
      });
}

}  // namespace feast
