#include "feast_batch/historical/time_window.h"

#include <algorithm>
#include <limits>

namespace feast {

TimeWindow WindowOf(const HistoricalPlan& plan, const HistoricalView& view, Micros earliest,
                    Micros latest) {
  TimeWindow window;
  window.to = latest == std::numeric_limits<Micros>::max() ? latest : latest + 1;
  if (plan.entity_timestamp.empty()) window.from = plan.start;
  Micros oldest;
  if (view.ttl > 0 && !__builtin_sub_overflow(earliest, view.ttl + 1, &oldest)) {
    window.from = std::max(window.from.value_or(oldest), oldest);
  }
  return window;
}

}  // namespace feast
