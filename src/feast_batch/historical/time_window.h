#pragma once
#include <optional>

#include "feast/offline/offline_store.h"

namespace feast {

/// Times of feature rows, both inclusive and optional.
struct TimeWindow {
  std::optional<Micros> from;
  std::optional<Micros> to;
};

/// Event times that can matter to a view when the asking times are in [earliest, latest]: what may
/// be pushed down to the source. Wider than exact by a microsecond on each side, for sources that
/// keep nanoseconds.
TimeWindow WindowOf(const HistoricalPlan& plan, const HistoricalView& view, Micros earliest,
                    Micros latest);

}  // namespace feast
