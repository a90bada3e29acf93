#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "feast/base/clock.h"
#include "feast/base/result.h"

namespace feast {

/// A point in time as ISO 8601 text gave it.
struct IsoTime {
  Micros utc = 0;                     ///< naive text counts as UTC; finer digits are cut
  std::optional<int> offset_minutes;  ///< the zone that the text named, if any
};

/// Parses "2024-01-02", "2024-01-02T03:04[:05[.678901]]" (or a space for the T) and an optional
/// zone: "Z", "UTC", "+01:00", "+0100", "+01". InvalidArgument with the text otherwise.
Result<IsoTime> ParseIso8601(std::string_view text);

/// Appends "2024-01-02T03:04:05[.678901]" for that UTC time, `separator` between date and time.
/// Fraction: none if zero, 6 digits, or 3 when `short_fraction` and they are enough.
void AppendIsoTime(Micros time, char separator, bool short_fraction, std::string* out);

/// Appends "2024-01-02".
void AppendIsoDate(Micros time, std::string* out);

/// Appends "+01:00" (or "-03:30").
void AppendUtcOffset(int offset_seconds, std::string* out);

/// Largest multiple of `unit` that is not above `value`, divided by `unit`.
constexpr int64_t FloorDivide(int64_t value, int64_t unit) {
  return value / unit - (value % unit < 0 ? 1 : 0);
}

}  // namespace feast
