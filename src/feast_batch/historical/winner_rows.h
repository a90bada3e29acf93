#pragma once
#include <memory>
#include <vector>

#include "feast_batch/historical/entity_rows.h"
#include "feast_batch/historical/shared_scan.h"

namespace feast {

/// The winning row of the source for each entity row, or kNoRow.
using WinnerRows = std::shared_ptr<const std::vector<uint64_t>>;

/// Of each view of the scan, in their order; views that ask the same share one. Reads the key and
/// time columns once, on up to `threads` threads, each of which holds 16 to 24 bytes a distinct
/// entity key and time.
Result<std::vector<WinnerRows>> FindWinners(const CallContext& context, const HistoricalPlan& plan,
                                            const SharedScan& scan, RowSource& source,
                                            EntityRows* entities, size_t threads);

}  // namespace feast
