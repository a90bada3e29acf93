#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "feast/offline/offline_store.h"
#include "feast_batch/historical/time_window.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// How a store opens the rows of a source; of its columns those that `read` names are read, and
/// rows outside the window may be left out.
using OpenRows = std::function<Result<std::unique_ptr<RowSource>>(const SourceRead& read,
                                                                  const TimeWindow& window)>;

/// Views of a join that read the same source: it is scanned once for all of them.
struct SharedScan {
  std::vector<size_t> views;  ///< positions in the plan, ascending
  SourceRead read;            ///< the columns of all of them
  TimeWindow window;          ///< no row outside can win for any of them
};

/// What tells sources apart: the same text for the same place with the same columns.
std::string PlaceOf(const SourceRead& read);

/// For messages: `feature views 'a', 'b'`.
std::string ViewNames(const SharedScan& scan, const HistoricalPlan& plan);

/// All views of the plan, by source, in the order of each source's first view. `asked` are the
/// first and the last instant that is asked for; null: none.
std::vector<SharedScan> SharedScans(const HistoricalPlan& plan,
                                    const std::optional<std::pair<Micros, Micros>>& asked);

/// Opens the source and checks that it has the columns of all views; errors name the view.
Result<std::unique_ptr<RowSource>> OpenScan(const SharedScan& scan, const HistoricalPlan& plan,
                                            const OpenRows& open);

}  // namespace feast
