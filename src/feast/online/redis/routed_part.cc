#include "feast/online/redis/routed_part.h"

#include "feast/online/redis/routed_request.h"

namespace feast {

bool RoutedPart::Begins(const RespToken& token) {
  if (asking_ && !accepted_) {
    accepted_ = true;
    return false;
  }
  accepted_ = false;
  ++next_;
  settled_ =
      token.kind == RespToken::Kind::kError && request_->Refused(command(), token.text, queue_);
  return !settled_;
}

void RoutedPart::Repeat() {
  settled_ = true;
  request_->Queue(command(), queue_);
}

void RoutedPart::Doubt() {
  settled_ = true;
  request_->AskPrimaryToo(command(), queue_);
}

void RoutedPart::Finish(const Status& status) {
  if (!status.ok()) {
    const size_t answered = settled_ ? next_ : next_ - 1;
    request_->Unreachable({commands_.begin() + static_cast<ptrdiff_t>(answered), commands_.end()},
                          status);
  }
  request_->PartEnds(queue_);
}

}  // namespace feast
