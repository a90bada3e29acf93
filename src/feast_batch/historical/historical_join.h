#pragma once
#include <arrow/type_fwd.h>

#include <functional>
#include <memory>

#include "feast/offline/offline_store.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {

/// How a store opens the rows of a source; of its columns those that `read` names are read.
using OpenRows = std::function<Result<std::unique_ptr<RowSource>>(const SourceRead& read)>;

/// The training join: the entity rows, in order and number, all columns kept, then the features of
/// each view under their output names (a name that the entity rows have gets the suffix `__`).
///
/// The entity time comes out with zone UTC. Features keep the type of their source column. Memory:
/// the entity side and its features; sources are read by row group, twice: keys and times of all
/// groups in range, then the features of the groups that hold winners.
///
/// Without `plan.entity_timestamp` the rows are those of RangeEntities, and rows that no view
/// matches are left out. Errors name the view, source and column.
Result<std::shared_ptr<arrow::Table>> JoinHistorical(const CallContext& context,
                                                     const HistoricalPlan& plan,
                                                     std::shared_ptr<arrow::Table> entities,
                                                     const OpenRows& open);

}  // namespace feast
