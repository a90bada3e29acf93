#pragma once
#include <optional>
#include <string>

#include "feast/base/clock.h"
#include "feast_batch/stores/postgres/column_types.h"

namespace feast {

/// An instant: '2024-05-01T00:00:00Z'::timestamptz. What the calendar does not reach is infinite.
std::string PostgresTime(Micros time);

/// A span of time: interval '1 microseconds'.
std::string PostgresInterval(Micros span);

/// " AND a >= FROM AND a <= TO", as far as there are bounds.
std::string PostgresBounds(const std::string& expression, std::optional<Micros> from,
                           std::optional<Micros> to);

/// A column of times in that form as an instant, whatever the session's time zone is.
std::string PostgresInstant(const std::string& expression, PostgresForm form);

}  // namespace feast
