#pragma once
#include "feast/types/arrow_c.h"
#include "feast_batch/historical/historical_join.h"
#include "feast_batch/historical/join_memory.h"

namespace feast {

/// JoinHistorical from stream to stream, with the column types of upstream's store, whose entity
/// times come out in `unit` (result_types.h): what OfflineStore::GetHistorical is for a store whose
/// sources are RowSources. InvalidArgument if the plan needs entity rows and there are none.
///
/// Entity rows that fit into `memory` are joined before this returns; more of them go through
/// temporary files (spilled_join.h) or, without these, come in parts (joined_tables.h). What `open`
/// needs must outlive the stream.
Result<OwnedStream> HistoricalStream(const CallContext& context, const HistoricalPlan& plan,
                                     OwnedStream entity_rows, const OpenRows& open,
                                     arrow::TimeUnit::type unit, const JoinMemory& memory);

}  // namespace feast
