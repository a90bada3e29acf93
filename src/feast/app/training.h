#pragma once
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/compute/historical_planner.h"

namespace feast {

/// A training join: planned and allowed, not yet run. Can be run more than once.
struct TrainingJob {
  HistoricalPlan join;
  std::vector<OnDemandStep> on_demand;  ///< to be run on the joined rows, in order
};

/// Plans the join of features to entity rows with those columns, as of the time in their column
/// `entity_timestamp`; without columns over the range of the request. Errors are PlanHistorical's.
Result<TrainingJob> PlanTraining(FeatureStore& store, const CallContext& context,
                                 const HistoricalRequest& request,
                                 const std::string& entity_timestamp,
                                 const std::vector<std::string>& entity_columns);

/// Runs it over the rows that it was planned for (an empty stream for a range), which keep number
/// and order; then the on-demand views, in Python workers on the whole table at once, whose columns
/// replace those that are there already.
///
/// The stream reads while it is read, so `store` must outlive it. Errors are those of the offline
/// store; Unimplemented where views are to be run and no Python was found; errors of the views as
/// in MakePythonTransformer. Cost of on-demand views: all rows in memory, and a copy of them to the
/// worker for each view.
Result<OwnedStream> RunTraining(FeatureStore& store, const CallContext& context,
                                const TrainingJob& job, OwnedStream entity_rows);

/// What RunTraining would do with rows of which that much is known; only metadata is read.
Result<HistoricalExplanation> ExplainTraining(FeatureStore& store, const CallContext& context,
                                              const TrainingJob& job, const EntityFacts& entities);

/// Entity rows from one SELECT in the offline store's SQL, where the project's data sources are
/// tables under their names. For callers in this process only: SQL reads whatever the process may.
/// ValueError where the store runs no SQL; other errors are the offline store's.
Result<OwnedStream> QueryEntityRows(FeatureStore& store, const CallContext& context,
                                    const std::string& sql);

/// The join, without on-demand views, as SQL of the offline store: over the rows of such a SELECT,
/// or over entity rows with the columns of `entity_rows`, see OfflineStore::HistoricalSql.
Result<std::string> TrainingSql(FeatureStore& store, const CallContext& context,
                                const TrainingJob& job, const std::string& entity_sql,
                                OwnedStream entity_rows);

/// The columns of a stream, which stays unread; none of an empty one.
Result<std::vector<std::string>> ColumnsOf(OwnedStream& rows);

/// `rows` with the columns of those views, see RunTraining. Without views as it is, unread.
Result<OwnedStream> AddOnDemandColumns(FeatureStore& store, const CallContext& context,
                                       const std::vector<OnDemandStep>& steps, OwnedStream rows);

}  // namespace feast
