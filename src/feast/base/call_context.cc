#include "feast/base/call_context.h"

namespace feast {

CallContext CallContext::WithTimeout(std::chrono::nanoseconds timeout) {
  CallContext context;
  context.deadline_ = std::chrono::steady_clock::now() + timeout;
  return context;
}

Status CallContext::Check() const {
  if (cancelled()) return Status::Cancelled("the call was cancelled");
  if (deadline_ && std::chrono::steady_clock::now() >= *deadline_) {
    return Status::DeadlineExceeded("the call's deadline has passed");
  }
  return Status::OK();
}

}  // namespace feast
