#include "feast/app/training.h"

#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

Result<std::vector<std::string>> ColumnsOf(OwnedStream& rows) {
  std::vector<std::string> columns;
  if (rows.empty()) return columns;
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(rows.get()));
  for (int64_t i = 0; i < schema->n_children; ++i) columns.emplace_back(schema->children[i]->name);
  return columns;
}

}  // namespace

Result<TrainingRows> GetTrainingRows(FeatureStore& store, const CallContext& context,
                                     const HistoricalRequest& request,
                                     const std::string& entity_timestamp, OwnedStream entity_rows) {
  FEAST_ASSIGN_OR_RETURN(const std::vector<std::string> columns, ColumnsOf(entity_rows));
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  FEAST_ASSIGN_OR_RETURN(HistoricalJobPlan plan,
                         PlanHistorical(*snapshot, request, columns, entity_timestamp,
                                        ResolveOptionsFrom(store.config())));
  FEAST_RETURN_IF_ERROR(
      store.authorizer().Authorize(context, plan.resources, Action::kReadOffline));
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  TrainingRows result;
  FEAST_ASSIGN_OR_RETURN(result.rows,
                         offline->GetHistorical(context, plan.join, std::move(entity_rows)));
  result.on_demand = std::move(plan.on_demand);
  return result;
}

Result<OwnedStream> QueryEntityRows(FeatureStore& store, const CallContext& context,
                                    const std::string& sql) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  std::vector<core::DataSource> sources;
  for (const auto& source : snapshot->proto().data_sources()) {
    if (source.project() == store.config().project) sources.push_back(source);
  }
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  return offline->QueryEntityRows(context, sql, sources);
}

}  // namespace feast
