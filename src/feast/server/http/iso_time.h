#pragma once
#include <optional>
#include <string_view>

#include "feast/base/clock.h"

namespace feast {

/// Parses ISO 8601: a date, optionally a time ('T' or space, seconds and fraction optional), optionally
/// a zone ("Z", "+01:00", "+0100", "+01"); without a zone it is UTC. None if it is anything else.
std::optional<Micros> ParseIsoTime(std::string_view text);

}  // namespace feast
