#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/status.h"

namespace feast {

/// One gRPC call, or one message of a stream, as it came in. Thread-compatible. All views belong to
/// the call and are valid until it has been answered.
struct RpcRequest {
  std::string_view path;  ///< "/feast.serving.ServingService/GetOnlineFeatures"
  std::string_view body;  ///< the serialized message
  std::string_view peer;  ///< the client's address
  std::vector<std::pair<std::string_view, std::string_view>> metadata;  ///< names in lower case
  /// Ends with the client's deadline or the server's own limit, whichever comes first; cancelled
  /// when the client is gone.
  CallContext context;

  /// The first entry of that name; empty if there is none.
  std::string_view Metadata(std::string_view name) const {
    for (const auto& [key, value] : metadata) {
      if (key == name) return value;
    }
    return {};
  }
};

/// What goes back: a serialized message, or a code that is not OK with its text. Thread-compatible.
struct RpcResponse {
  StatusCode code = StatusCode::kOk;
  std::string message = {};  ///< of a failure
  std::string body = {};
};

/// Answers one request. May be called from any thread; the second call does nothing, and dropping
/// the last copy uncalled answers INTERNAL.
using RpcRespond = std::function<void(RpcResponse)>;
/// Called on one of the server's threads, which it must not block.
using RpcHandler = std::function<void(const RpcRequest&, RpcRespond&&)>;

struct RpcMethod {
  std::string path;
  RpcHandler handle;
  bool is_stream = false;  ///< each message that comes is answered with one message
};

}  // namespace feast
