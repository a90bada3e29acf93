#include "feast/server/grpc/call_observer.h"

#include <chrono>
#include <utility>

namespace feast {

using SteadyClock = std::chrono::steady_clock;

CallObserver::CallObserver(ServerMetrics* metrics, const Clock& clock, AccessLogSink sink)
    : metrics_(metrics), clock_(clock), sink_(std::move(sink)) {}

RpcRespond CallObserver::Watch(const RpcRequest& request, bool counted, RpcRespond respond) const {
  if (!metrics_ && !sink_) return respond;
  const bool counts = metrics_ && !counted;
  if (metrics_) metrics_->Began(Transport::kGrpc);
  const auto began = SteadyClock::now();
  return [this, &request, counts, began, respond = std::move(respond)](RpcResponse response) {
    const std::chrono::duration<double> passed = SteadyClock::now() - began;
    if (metrics_) metrics_->Ended(Transport::kGrpc);
    if (counts) {
      metrics_->Answered(request.path, response.code == StatusCode::kOk, passed.count());
    }
    if (sink_) {
      AccessRecord record;
      record.time = clock_.Now();
      record.peer = request.peer;
      record.path = request.path;
      record.request_id = request.Metadata("x-request-id");
      record.grpc_status = StatusCodeName(response.code);
      record.request_bytes = request.body.size();
      record.response_bytes = response.body.size();
      record.seconds = passed.count();
      sink_(RenderAccessRecord(record));
    }
    respond(std::move(response));
  };
}

void CallObserver::Refused(std::string_view peer, std::string_view path, StatusCode code) const {
  if (metrics_) metrics_->Answered(path, false, 0);
  if (!sink_) return;
  AccessRecord record;
  record.time = clock_.Now();
  record.peer = peer;
  record.path = path;
  record.grpc_status = StatusCodeName(code);
  sink_(RenderAccessRecord(record));
}

}  // namespace feast
