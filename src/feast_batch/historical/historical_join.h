#pragma once
#include <arrow/type_fwd.h>

#include <memory>

#include "feast/offline/offline_store.h"
#include "feast_batch/historical/shared_scan.h"

namespace feast {

/// The training join: the entity rows, in order and number, all columns kept, then the features of
/// each view under their output names (a name that the entity rows have gets the suffix `__`).
///
/// The entity time comes out with zone UTC. Features keep the type of their source column. Memory:
/// the entity side and its features. A source is read once for all views on it, a batch at a time,
/// in two passes: keys and times of all groups in range, then the features of the groups that hold
/// winners.
///
/// Without `plan.entity_timestamp` the rows are some of RangeEntities, and those that no view
/// matches are left out. Errors name the view, source and column.
Result<std::shared_ptr<arrow::Table>> JoinHistorical(const CallContext& context,
                                                     const HistoricalPlan& plan,
                                                     std::shared_ptr<arrow::Table> entities,
                                                     const OpenRows& open);

/// A feature's name in the result.
std::string OutputName(const std::string& name, const arrow::Schema& entities);

/// How many threads a join uses.
size_t JoinThreads();

}  // namespace feast
