#pragma once
#include "feast/base/status.h"
#include "feast/net/rpc_message.h"

namespace feast {

/// The gRPC code of a failure; total over codes and kinds. Where upstream answers INTERNAL or
/// UNKNOWN for a mistake of the client (wire.md §5.2), this says whose mistake it is.
StatusCode RpcCodeOf(StatusCode code, ErrorKind kind);

/// How a service says what went wrong.
enum class ErrorForm {
  kDetail,  ///< the detail JSON of a FeastError, as upstream's gRPC interceptor (wire.md §0.2)
  kText,    ///< the message, as upstream's GrpcFeatureServer (wire.md §5.2)
};

/// The answer of a failed call. A message too long for a trailer is cut.
RpcResponse RpcError(const Status& status, ErrorForm form);

}  // namespace feast
