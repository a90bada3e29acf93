#include "feast/online/sqlite/sqlite_times.h"

#include <algorithm>
#include <ctime>

namespace feast {
namespace {

/// The wall clock of the host at that instant, counted as if it were UTC.
int64_t WallClockAt(int64_t epoch_seconds) {
  const auto instant = static_cast<std::time_t>(epoch_seconds);
  std::tm parts{};
  if (localtime_r(&instant, &parts) == nullptr) return epoch_seconds;
  return timegm(&parts);
}

/// The instant at which the host's wall clock shows `wall`. Where it shows it twice, the first;
/// where it never does, as if the clock had not been put forward yet: what Python's
/// datetime.timestamp says.
int64_t InstantOf(int64_t wall) {
  constexpr int64_t kLongestFold = 24 * 3600;
  const int64_t offset = WallClockAt(wall) - wall;
  const int64_t guess = wall - offset;
  int64_t other_offset;
  if (WallClockAt(guess) == wall) {
    const int64_t earlier = guess - kLongestFold;
    other_offset = WallClockAt(earlier) - earlier;
    if (other_offset == offset) return guess;
  } else {
    other_offset = WallClockAt(guess) - guess;
  }
  const int64_t other = wall - other_offset;
  if (WallClockAt(other) == wall) return other;
  if (WallClockAt(guess) == wall) return guess;
  return std::max(guess, other);
}

}  // namespace

int64_t ToStored(Micros time, StoredTimes as) {
  const int64_t seconds = time / kMicrosPerSecond;
  return as == StoredTimes::kUtc ? seconds : InstantOf(seconds);
}

Micros FromStored(int64_t stored, StoredTimes as) {
  return (as == StoredTimes::kUtc ? stored : WallClockAt(stored)) * kMicrosPerSecond;
}

}  // namespace feast
