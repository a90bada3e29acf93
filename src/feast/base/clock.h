#pragma once
#include <cstdint>

namespace feast {

/// Microseconds since 1970-01-01T00:00:00 UTC: the unit of every event time in the system.
using Micros = int64_t;
constexpr Micros kMicrosPerSecond = 1'000'000;

/// Where the time comes from, so that tests need no real clock. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Micros Now() const = 0;
};

/// The host's clock; lives as long as the process.
const Clock& SystemClock();

/// A clock that stands still until told otherwise. Thread-compatible.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Micros now) : now_(now) {}
  Micros Now() const override { return now_; }
  void Set(Micros now) { now_ = now; }

 private:
  Micros now_;
};

}  // namespace feast
