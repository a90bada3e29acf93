#pragma once
#include <memory>

#include "feast/net/rpc_server.h"
#include "feast/server/backend.h"
#include "feast/server/grpc/call_observer.h"

namespace feast {

/// How the gRPC server listens and what it takes.
struct GrpcServerOptions {
  std::string address = "localhost:50051";
  std::string key = {};  ///< TLS key and certificate files: both or none
  std::string cert = {};
  RpcLimits limits = {};
};

/// The feature server over gRPC, from Start to the end of its drain. Thread-safe; borrows the
/// backend.
class GrpcFeatureServer {
 public:
  /// `log` may be null. Errors as RpcServer::Start.
  static Result<std::unique_ptr<GrpcFeatureServer>> Start(const GrpcServerOptions& options,
                                                          const ServerBackend& backend,
                                                          AccessLogSink log);

  /// "grpc://localhost:50051", or grpcs with TLS.
  const std::string& url() const { return url_; }
  /// What the health service says of every service.
  void SetServing(bool serving) { server_->SetServing(serving); }
  /// Begins the drain; returns at once.
  void Stop() { server_->Stop(); }
  /// Until what was in flight is answered, or its time is over.
  void Wait() { server_->Wait(); }

 private:
  GrpcFeatureServer(const ServerBackend& backend, AccessLogSink log);

  const CallObserver observer_;
  std::string url_;
  std::unique_ptr<RpcServer> server_;  // last: ends first
};

}  // namespace feast
