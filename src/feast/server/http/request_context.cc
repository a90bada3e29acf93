#include "feast/server/http/request_context.h"

namespace feast {
namespace {

CallContext WithTrace(CallContext context, const HttpRequest& request) {
  const std::string_view id = request.Header("x-request-id");
  context.set_trace_id(std::string(id.empty() ? request.Header("traceparent") : id));
  return context;
}

}  // namespace

CallContext RequestContext(const ServerBackend& backend, const HttpRequest& request) {
  return WithTrace(CallContext::WithTimeout(backend.request_timeout), request);
}

CallContext JobContext(const ServerBackend& backend, const HttpRequest& request) {
  return WithTrace(backend.jobs, request);
}

}  // namespace feast
