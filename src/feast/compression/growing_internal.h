#pragma once
#include <algorithm>
#include <string>

namespace feast {

/// A text that is written piece by piece and may not outgrow a limit. Thread-compatible.
class GrowingText {
 public:
  explicit GrowingText(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Where to write the next piece. One byte more than is allowed: who writes it is over the limit.
  char* Room(size_t* size) {
    if (used_ == text_.size()) {
      text_.resize(std::min(std::max<size_t>(2 * used_, 16 << 10), max_bytes_ + 1));
    }
    *size = text_.size() - used_;
    return text_.data() + used_;
  }
  void Wrote(size_t size) { used_ += size; }
  bool is_too_large() const { return used_ > max_bytes_; }

  std::string Take() {
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  const size_t max_bytes_;
  std::string text_;
  size_t used_ = 0;
};

}  // namespace feast
