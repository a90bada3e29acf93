#pragma once
#include "feast/offline/explanation.h"
#include "feast/offline/offline_store.h"
#include "feast_batch/historical/join_memory.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// What the plan alone says about a view of it: columns, time bounds that are pushed down, the
/// views that share its scan.
ViewExplanation ExplainPlan(const HistoricalPlan& plan, const HistoricalView& view,
                            const EntityFacts& entities);

/// The same, with what its opened source says: groups, files, rows and bytes that would be read
/// after the time bounds. Nothing but metadata is read. Errors name view, source and column, as
/// the join's do.
Result<ViewExplanation> ExplainView(const HistoricalPlan& plan, const HistoricalView& view,
                                    const EntityFacts& entities, RowSource& source);

/// What fits into that memory of entity rows that have no more than keys and times.
MemoryExplanation ExplainMemory(const HistoricalPlan& plan, const JoinMemory& memory);

}  // namespace feast
