#pragma once
#include "feast_batch/historical/historical_join.h"

namespace feast {

/// The entity rows of a retrieval without entity rows: `event_timestamp` (the end of the range),
/// then one row for each key that any view's source has in the range. A snapshot, as upstream's
/// file store gives it (storage.md §5.4). InvalidArgument unless the views share their entity
/// columns.
Result<std::shared_ptr<arrow::Table>> RangeEntities(const CallContext& context,
                                                    const HistoricalPlan& plan,
                                                    const OpenRows& open);

}  // namespace feast
