#pragma once
#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "feast/net/rpc_message.h"
#include "feast_grpc/open_streams.h"

namespace feast::rpc {

/// grpc.health.v1.Health: one state for "" and every service. Thread-safe; outlives its watchers.
class Health {
 public:
  /// Numbers of HealthCheckResponse.ServingStatus.
  enum class State : uint8_t { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };
  class Watcher;

  Health(std::set<std::string, std::less<>> services, OpenStreams& streams);

  void SetServing(bool serving);
  /// The answer of `Check`: NOT_FOUND for a service that is not here.
  RpcResponse Check(std::string_view request) const;
  /// A stream that tells the state now and whenever it changes.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(std::string_view request);

 private:
  std::optional<std::string> ServiceOf(std::string_view request) const;
  State StateOf(std::string_view service) const;  // with mutex_ held

  const std::set<std::string, std::less<>> services_;
  OpenStreams& streams_;
  mutable std::mutex mutex_;
  bool serving_ = true;          // guarded by mutex_
  std::set<Watcher*> watchers_;  // guarded by mutex_
};

}  // namespace feast::rpc
