#pragma once
#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast/net/http_server.h"
#include "feast/server/backend.h"
#include "feast/server/http/content_coding.h"
#include "feast/server/http/request_observer.h"

namespace feast {

/// How the feature server listens and what it takes.
struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 6566;
  int workers = 1;       ///< event loops; -1: two a core and one more
  std::string key = {};  ///< TLS key and certificate files: both or none
  std::string cert = {};
  HttpLimits limits = {};
  int64_t max_values = 10'000'000;    ///< that a body may hold; more: 413
  size_t compress_from_bytes = 8192;  ///< answers below are not compressed; 0: none is
};

/// How many event loops `options.workers` means.
int EventLoopsOf(const HttpServerOptions& options);

/// The feature server over HTTP, from Start to the end of its drain. Thread-safe; borrows the
/// backend.
class HttpFeatureServer {
 public:
  /// `log` may be null. Errors as HttpServer::Start.
  static Result<std::unique_ptr<HttpFeatureServer>> Start(const HttpServerOptions& options,
                                                          const ServerBackend& backend,
                                                          AccessLogSink log);

  /// "http://127.0.0.1:6566"
  const std::string& url() const { return url_; }
  /// Begins the drain; returns at once.
  void Stop() { server_->Stop(); }
  /// Until what was in flight is answered, or its time is over.
  void Wait() { server_->Wait(); }

 private:
  HttpFeatureServer(const HttpServerOptions& options, const ServerBackend& backend,
                    AccessLogSink log);
  void Route(const HttpRequest& request, HttpRespond&& respond) const;
  void RouteLarge(const HttpRequest& request, HttpRespond&& respond) const;
  void Handle(const HttpRequest& request, HttpRespond&& respond) const;

  const ServerBackend& backend_;
  const int64_t max_values_;
  const RequestObserver observer_;
  const ContentCodings codings_;
  std::string url_;
  std::unique_ptr<HttpServer> server_;  // last: ends first
};

}  // namespace feast
