#pragma once
#include <arrow/type_fwd.h>

#include <memory>

#include "feast/offline/offline_store.h"
#include "feast/postgres/postgres_server.h"

namespace feast {

/// The training join inside PostgreSQL: the keys and times of the entity rows are uploaded, all
/// views are joined by one statement, and the features stream back beside the entity rows, in their
/// order. One transaction sees one state of all sources; it leaves nothing behind.
///
/// Memory: the entity rows and one batch. The stream keeps a connection until it ends.
Result<std::shared_ptr<arrow::RecordBatchReader>> JoinInPostgres(
    const CallContext& context, const std::shared_ptr<const PostgresServer>& server,
    const HistoricalPlan& plan, std::shared_ptr<arrow::Table> entities);

/// Retrieval without entity rows, as upstream's PostgreSQL store has it (storage.md §5.4): all rows
/// of one view in the range; of several, for each time and key in any of them what the others knew
/// then. In the order of event times.
Result<std::shared_ptr<arrow::RecordBatchReader>> RangeInPostgres(
    const CallContext& context, const std::shared_ptr<const PostgresServer>& server,
    const HistoricalPlan& plan);

/// Either as one statement for others to run. Entity rows come from a query, or are a table
/// `feast_entities` that the text defines, for rows with the columns of `entities`.
Result<std::string> HistoricalSqlOf(const CallContext& context,
                                    const std::shared_ptr<const PostgresServer>& server,
                                    const HistoricalPlan& plan, const std::string& entity_query,
                                    const std::shared_ptr<arrow::Table>& entities);

/// What JoinInPostgres would do with entity rows of which that much is known. Nothing stays behind.
Result<HistoricalExplanation> ExplainInPostgres(const CallContext& context,
                                                const std::shared_ptr<const PostgresServer>& server,
                                                const HistoricalPlan& plan,
                                                const EntityFacts& entities);

}  // namespace feast
