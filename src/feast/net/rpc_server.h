#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/net/rpc_message.h"

namespace feast {

/// What one process takes from its clients before it refuses.
struct RpcLimits {
  int64_t max_message_bytes = 64ll << 20;           ///< more: RESOURCE_EXHAUSTED
  int max_in_flight = 1024;                         ///< more calls at once: RESOURCE_EXHAUSTED
  std::chrono::milliseconds call_timeout{60'000};   ///< unless the client's deadline is earlier
  std::chrono::milliseconds drain_timeout{30'000};  ///< for calls in flight when stopping
};

struct RpcListenOptions {
  std::string address;        ///< "localhost:50051", "[::]:50051"; port 0: the system chooses
  std::string key_file = {};  ///< TLS when both are given
  std::string cert_file = {};
  RpcLimits limits = {};
  /// Told of each call that was refused before a handler saw it.
  std::function<void(std::string_view peer, std::string_view path, StatusCode)> refused = {};
};

/// A gRPC server over handlers of bytes, with grpc.health.v1.Health: "" and every service are
/// SERVING until the drain begins or `SetServing` says otherwise.
///
/// Thread-safe. Handlers are called on the library's threads. Loads libfeast_grpc.so when first
/// started. The destructor stops and waits.
class RpcServer {
 public:
  /// Unavailable names a taken address or the missing library, InvalidArgument a key or certificate
  /// that cannot be used, or a key without a certificate.
  static Result<std::unique_ptr<RpcServer>> Start(const RpcListenOptions& options,
                                                  std::vector<RpcMethod> methods);
  virtual ~RpcServer() = default;

  virtual int port() const = 0;
  virtual void SetServing(bool serving) = 0;
  /// Begins the drain: no new calls, open streams ended, calls in flight answered (at most
  /// `drain_timeout`, then cancelled). Returns at once; may be called again.
  virtual void Stop() = 0;
  /// Until drained.
  virtual void Wait() = 0;
};

/// What libfeast_grpc.so offers. Lives as long as the process, thread-safe.
class GrpcModule {
 public:
  virtual ~GrpcModule() = default;
  virtual Result<std::unique_ptr<RpcServer>> StartServer(const RpcListenOptions& options,
                                                         std::vector<RpcMethod> methods) = 0;
};

/// The entry point, `extern "C" feast_grpc`: null if `build_id` is not the module's own.
using GrpcEntry = GrpcModule*(const char* build_id);

}  // namespace feast
