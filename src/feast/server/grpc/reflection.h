#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "feast/net/rpc_message.h"

namespace feast {

/// Server reflection (grpc.reflection.v1 and v1alpha, which are the same messages): what services
/// there are, and the files of this process's protobuf messages. Immutable, thread-safe.
class Reflection {
 public:
  /// `services` in the order in which they are listed.
  explicit Reflection(std::vector<std::string> services) : services_(std::move(services)) {}

  /// Answers one ServerReflectionRequest. Unknown names are an error inside the answer;
  /// INVALID_ARGUMENT for bytes that are no such message.
  RpcResponse Answer(std::string_view request) const;

 private:
  const std::vector<std::string> services_;
};

}  // namespace feast
