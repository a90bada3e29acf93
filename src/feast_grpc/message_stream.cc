#include <mutex>
#include <optional>
#include <utility>

#include "feast_grpc/call_parts_internal.h"

namespace feast::rpc {
namespace {

/// A stream on which each message is answered with one.
class MessageStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public OpenStream {
 public:
  MessageStream(Shared& shared, const RpcMethod& method, grpc::CallbackServerContext* context)
      : shared_(shared),
        method_(method),
        context_(context),
        peer_(AddressOf(context->peer())),
        self_(this) {
    if (shared_.streams.Add(this)) {
      StartRead(&incoming_);
    } else {
      Finish(grpc::Status::OK);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return EndOnce(grpc::Status::OK);
    message_.emplace(incoming_);
    RpcRequest request = RequestOf(shared_, method_, *context_);
    request.body = message_->bytes();
    request.peer = peer_;
    method_.handle(request, AnswerOnce([self = self_](RpcResponse response) {
                     self->Answer(std::move(response));
                   }));
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return EndOnce(grpc::Status::OK);
    const std::lock_guard lock(mutex_);
    if (!finished_) StartRead(&incoming_);
  }
  void OnCancel() override { EndOnce(grpc::Status::CANCELLED); }
  void OnDone() override { std::exchange(self_, nullptr).reset(); }
  void End() override { FinishOnce(grpc::Status::OK); }

 private:
  void Answer(RpcResponse response) {
    std::unique_lock lock(mutex_);
    if (finished_) return;  // the server may be gone as well
    if (response.code != StatusCode::kOk) {
      lock.unlock();
      return EndOnce(ToGrpc(response));
    }
    outgoing_ = ToBuffer(std::move(response.body));
    StartWrite(&outgoing_);
  }
  void EndOnce(const grpc::Status& status) {
    if (shared_.streams.Remove(this)) FinishOnce(status);
  }
  void FinishOnce(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    Finish(status);
  }

  Shared& shared_;
  const RpcMethod& method_;
  grpc::CallbackServerContext* const context_;
  const std::string peer_;
  std::optional<Message> message_;
  grpc::ByteBuffer incoming_, outgoing_;
  std::shared_ptr<MessageStream> self_;  // until the library is done; a slow handler keeps another
  std::mutex mutex_;
  bool finished_ = false;  // guarded by mutex_: nothing may be begun after it
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* BeginStream(
    Shared& shared, const RpcMethod& method, grpc::CallbackServerContext* context) {
  return new MessageStream(shared, method, context);
}

}  // namespace feast::rpc
