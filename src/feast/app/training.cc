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

// The views that a join reads, for whoever decides whether the caller may.
std::vector<Resource> ResourcesOf(const HistoricalJobPlan& plan) {
  std::vector<Resource> resources;
  for (const HistoricalView& view : plan.join.views) {
    resources.push_back({"FeatureView", view.view});
  }
  for (const OnDemandStep& step : plan.on_demand) {
    resources.push_back({"OnDemandFeatureView", step.view.spec().name()});
  }
  return resources;
}

}  // namespace

HistoricalPlannerOptions HistoricalOptions(const RepoConfig& config) {
  HistoricalPlannerOptions options;
  options.project = config.project;
  options.versioning = config.enable_online_feature_view_versioning;
  options.serve_while_materializing = config.serve_features_while_materializing;
  return options;
}

Result<TrainingRows> GetTrainingRows(FeatureStore& store, const CallContext& context,
                                     const HistoricalRequest& request,
                                     const std::string& entity_timestamp, OwnedStream entity_rows) {
  FEAST_ASSIGN_OR_RETURN(const std::vector<std::string> columns, ColumnsOf(entity_rows));
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  FEAST_ASSIGN_OR_RETURN(HistoricalJobPlan plan,
                         PlanHistorical(*snapshot, request, columns, entity_timestamp,
                                        HistoricalOptions(store.config())));
  FEAST_RETURN_IF_ERROR(
      store.authorizer().Authorize(context, ResourcesOf(plan), Action::kReadOffline));
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  TrainingRows result;
  FEAST_ASSIGN_OR_RETURN(result.rows,
                         offline->GetHistorical(context, plan.join, std::move(entity_rows)));
  result.on_demand = std::move(plan.on_demand);
  return result;
}

}  // namespace feast
