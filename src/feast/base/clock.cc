#include "feast/base/clock.h"

#include <chrono>

namespace feast {
namespace {

class HostClock final : public Clock {
 public:
  Micros Now() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const HostClock kClock;
  return kClock;
}

}  // namespace feast
