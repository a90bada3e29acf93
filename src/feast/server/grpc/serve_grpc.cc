#include "feast/server/grpc/serve_grpc.h"

#include <utility>

#include "feast/server/grpc/methods.h"

namespace feast {

GrpcFeatureServer::GrpcFeatureServer(const ServerBackend& backend, AccessLogSink log)
    : observer_(backend.metrics, *backend.clock, std::move(log)) {}

Result<std::unique_ptr<GrpcFeatureServer>> GrpcFeatureServer::Start(
    const GrpcServerOptions& options, const ServerBackend& backend, AccessLogSink log) {
  std::unique_ptr<GrpcFeatureServer> server(new GrpcFeatureServer(backend, std::move(log)));
  RpcListenOptions listen;
  listen.address = options.address;
  listen.key_file = options.key;
  listen.cert_file = options.cert;
  listen.limits = options.limits;
  listen.limits.call_timeout = backend.request_timeout;
  listen.refused = [self = server.get()](std::string_view peer, std::string_view path,
                                         StatusCode code) {
    self->observer_.Refused(peer, path, code);
  };
  FEAST_ASSIGN_OR_RETURN(
      server->server_, RpcServer::Start(listen, FeatureServerMethods(backend, server->observer_)));
  const std::string host = options.address.substr(0, options.address.rfind(':'));
  server->url_ = (options.key.empty() ? "grpc://" : "grpcs://") + host + ":" +
                 std::to_string(server->server_->port());
  server->SetServing(backend.registry->Cached().ok());
  return server;
}

}  // namespace feast
