#pragma once
#include <optional>
#include <string>

#include "feast/base/clock.h"

namespace feast {

/// An instant: '2024-05-01T00:00:00Z'::timestamptz. What the calendar does not reach is infinite.
std::string PostgresTime(Micros time);

/// A span of time: interval '1 microseconds'.
std::string PostgresInterval(Micros span);

/// " AND a >= FROM AND a <= TO", as far as there are bounds.
std::string PostgresBounds(const std::string& expression, std::optional<Micros> from,
                           std::optional<Micros> to);

}  // namespace feast
