#include <algorithm>
#include <utility>

#include "feast_grpc/call_parts_internal.h"

namespace feast::rpc {

Message::Message(const grpc::ByteBuffer& buffer) {
  if (buffer.TrySingleSlice(&slice_).ok()) return;
  std::vector<grpc::Slice> parts;
  if (!buffer.Dump(&parts).ok()) return;
  joined_.reserve(buffer.Length());
  for (const grpc::Slice& part : parts) {
    joined_.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
}

grpc::ByteBuffer ToBuffer(std::string body) {
  constexpr size_t kWorthHandingOver = 4096;
  if (body.size() < kWorthHandingOver) {
    const grpc::Slice slice(body.data(), body.size());
    return {&slice, 1};
  }
  auto* owned = new std::string(std::move(body));
  const grpc::Slice slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
  return {&slice, 1};
}

grpc::Status ToGrpc(const RpcResponse& response) {
  if (response.code == StatusCode::kOk) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(response.code), response.message};
}

std::string AddressOf(const std::string& peer) {
  std::string address = peer.substr(peer.find(':') + 1);
  if (peer.starts_with("ipv")) address.resize(std::min(address.size(), address.rfind(':')));
  // The library escapes the brackets of an IPv6 address.
  if (address.starts_with("%5B") && address.ends_with("%5D")) {
    address = address.substr(3, address.size() - 6);
  } else if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  return address;
}

RpcRequest RequestOf(const Shared& shared, const RpcMethod& method,
                     const grpc::CallbackServerContext& context) {
  RpcRequest request;
  request.path = method.path;
  request.metadata.reserve(context.client_metadata().size());
  for (const auto& [key, value] : context.client_metadata()) {
    request.metadata.emplace_back(std::string_view(key.data(), key.size()),
                                  std::string_view(value.data(), value.size()));
  }
  std::chrono::nanoseconds left = shared.options.limits.call_timeout;
  const auto deadline = context.deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    left = std::min<std::chrono::nanoseconds>(left, deadline - std::chrono::system_clock::now());
  }
  request.context = CallContext::WithTimeout(left);
  return request;
}

RpcRespond AnswerOnce(std::function<void(RpcResponse)> answer) {
  class Once {
   public:
    explicit Once(std::function<void(RpcResponse)> answer) : answer_(std::move(answer)) {}
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;
    ~Once() { Answer({StatusCode::kInternal, "The call was not answered", {}}); }
    void Answer(RpcResponse response) {
      if (!answered_.exchange(true)) answer_(std::move(response));
    }

   private:
    const std::function<void(RpcResponse)> answer_;
    std::atomic<bool> answered_{false};
  };
  return [once = std::make_shared<Once>(std::move(answer))](RpcResponse response) {
    once->Answer(std::move(response));
  };
}

}  // namespace feast::rpc
