#pragma once
#include "feast_batch/historical/joined_tables.h"

namespace feast {

/// The training join of entity rows that do not fit into memory, with those of `first` before the
/// others. Rows and sources are put into partitions by the hash of the join keys, in temporary
/// files; these are joined one after the other and their results brought back into order. Views
/// with other join keys come in another round. A source is read once; of a partition that is still
/// too large, JoinInParts joins some rows at a time.
///
/// All but the last of it happens before this returns. Memory: about `memory.limit`. Disk: entity
/// rows, source rows in the time that is asked for, and result, one round at a time. Entity times
/// come out in `unit` if all fit.
Result<std::unique_ptr<JoinedTables>> JoinSpilled(
    const CallContext& context, const HistoricalPlan& plan, std::shared_ptr<arrow::Table> first,
    EntityParts others, const OpenRows& open, arrow::TimeUnit::type unit, const JoinMemory& memory);

}  // namespace feast
