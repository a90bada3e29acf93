#pragma once
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/compute/historical_planner.h"

namespace feast {

/// Rows for training, and the on-demand views that are still to be run on them, in order.
struct TrainingRows {
  OwnedStream rows;
  std::vector<OnDemandStep> on_demand;
};

/// Joins features to `entity_rows` as of the time in their column `entity_timestamp`; without rows
/// (an empty stream) over the range of the request. Rows keep number and order.
///
/// The stream reads while it is read, so `store` must outlive it. Errors are those of
/// PlanHistorical and of the offline store.
Result<TrainingRows> GetTrainingRows(FeatureStore& store, const CallContext& context,
                                     const HistoricalRequest& request,
                                     const std::string& entity_timestamp, OwnedStream entity_rows);

/// Entity rows from one SELECT in the offline store's SQL, where the project's data sources are
/// tables under their names. For callers in this process only: SQL reads whatever the process may.
/// ValueError where the store runs no SQL; other errors are the offline store's.
Result<OwnedStream> QueryEntityRows(FeatureStore& store, const CallContext& context,
                                    const std::string& sql);

/// `rows` with the columns of its on-demand views, run in Python workers on the whole table at
/// once; a column that is there already is replaced. Without such views the stream as it is,
/// unread.
///
/// Unimplemented where no Python was found; errors of the views as in MakePythonTransformer. Cost:
/// all rows in memory, and a copy of them to the worker for each view.
Result<OwnedStream> FinishTrainingRows(FeatureStore& store, const CallContext& context,
                                       TrainingRows rows);

}  // namespace feast
