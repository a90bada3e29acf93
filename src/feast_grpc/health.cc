#include <utility>

#include "feast/codec/utf8.h"
#include "feast/codec/wire_format.h"
#include "feast_grpc/health_internal.h"

namespace feast::rpc {
namespace {

grpc::ByteBuffer Encoded(Health::State state) {
  std::string body;
  AppendVarintField(1, static_cast<uint64_t>(state), &body);
  const grpc::Slice slice(body);
  return {&slice, 1};
}

}  // namespace

class Health::Watcher final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public OpenStream {
 public:
  Watcher(Health& health, std::optional<std::string> service)
      : health_(health), service_(std::move(service)) {
    const std::lock_guard lock(health_.mutex_);
    health_.watchers_.insert(this);
    if (service_ && health_.streams_.Add(this)) {
      Tell();
      return;
    }
    finished_ = true;
    Finish(service_ ? grpc::Status::OK
                    : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not a HealthCheckRequest"));
  }

  /// Writes the state if it is another one; with the health's mutex held.
  void Tell() {
    if (writing_ || finished_ || told_ == health_.StateOf(*service_)) return;
    told_ = health_.StateOf(*service_);
    buffer_ = Encoded(*told_);
    writing_ = true;
    StartWrite(&buffer_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return EndOnce();
    const std::lock_guard lock(health_.mutex_);
    writing_ = false;
    Tell();
  }
  void OnCancel() override { EndOnce(); }
  void OnDone() override {
    {
      const std::lock_guard lock(health_.mutex_);
      health_.watchers_.erase(this);
    }
    delete this;
  }
  void End() override {
    const std::lock_guard lock(health_.mutex_);
    finished_ = true;
    Finish(grpc::Status::OK);
  }

 private:
  void EndOnce() {
    if (health_.streams_.Remove(this)) End();
  }

  Health& health_;
  const std::optional<std::string> service_;
  std::optional<State> told_;
  bool writing_ = false;
  bool finished_ = false;
  grpc::ByteBuffer buffer_;
};

Health::Health(std::set<std::string, std::less<>> services, OpenStreams& streams)
    : services_(std::move(services)), streams_(streams) {}

void Health::SetServing(bool serving) {
  const std::lock_guard lock(mutex_);
  serving_ = serving;
  for (Watcher* watcher : watchers_) watcher->Tell();
}

std::optional<std::string> Health::ServiceOf(std::string_view request) const {
  std::string service;
  WireReader reader(request);
  WireField field;
  while (reader.Next(&field)) {
    if (field.field == 1 && field.type == WireType::kBytes) service = field.bytes;
  }
  if (reader.damaged() || !IsUtf8(service)) return std::nullopt;
  return service;
}

Health::State Health::StateOf(std::string_view service) const {
  if (!service.empty() && !services_.contains(service)) return State::kServiceUnknown;
  return serving_ ? State::kServing : State::kNotServing;
}

RpcResponse Health::Check(std::string_view request) const {
  const auto service = ServiceOf(request);
  if (!service) return {StatusCode::kInvalidArgument, "not a HealthCheckRequest", {}};
  const std::lock_guard lock(mutex_);
  const State state = StateOf(*service);
  if (state == State::kServiceUnknown) {
    return {StatusCode::kNotFound, "unknown service: " + *service, {}};
  }
  RpcResponse response;
  AppendVarintField(1, static_cast<uint64_t>(state), &response.body);
  return response;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* Health::Watch(std::string_view request) {
  return new Watcher(*this, ServiceOf(request));
}

}  // namespace feast::rpc
