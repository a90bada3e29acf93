#include "feast/app/training.h"

#include "feast/types/arrow_stream.h"

namespace feast {

namespace {

// The data sources of the project.
Result<std::vector<core::DataSource>> SourcesOf(FeatureStore& store) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  std::vector<core::DataSource> sources;
  for (const auto& source : snapshot->proto().data_sources()) {
    if (source.project() == store.config().project) sources.push_back(source);
  }
  return sources;
}

}  // namespace

Result<std::string> TrainingSql(FeatureStore& store, const CallContext& context,
                                const TrainingJob& job, const std::string& entity_sql,
                                OwnedStream entity_rows) {
  EntityOrigin entities{entity_sql, {}, std::move(entity_rows)};
  FEAST_ASSIGN_OR_RETURN(entities.sources, SourcesOf(store));
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  return offline->HistoricalSql(context, job.join, std::move(entities));
}

Result<std::vector<std::string>> ColumnsOf(OwnedStream& rows) {
  std::vector<std::string> columns;
  if (rows.empty()) return columns;
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(rows.get()));
  for (int64_t i = 0; i < schema->n_children; ++i) columns.emplace_back(schema->children[i]->name);
  return columns;
}

Result<TrainingJob> PlanTraining(FeatureStore& store, const CallContext& context,
                                 const HistoricalRequest& request,
                                 const std::string& entity_timestamp,
                                 const std::vector<std::string>& entity_columns) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store.registry().Cached());
  FEAST_ASSIGN_OR_RETURN(HistoricalJobPlan plan,
                         PlanHistorical(*snapshot, request, entity_columns, entity_timestamp,
                                        ResolveOptionsFrom(store.config())));
  FEAST_RETURN_IF_ERROR(
      store.authorizer().Authorize(context, plan.resources, Action::kReadOffline));
  return TrainingJob{std::move(plan.join), std::move(plan.on_demand)};
}

Result<OwnedStream> RunTraining(FeatureStore& store, const CallContext& context,
                                const TrainingJob& job, OwnedStream entity_rows) {
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows,
                         offline->GetHistorical(context, job.join, std::move(entity_rows)));
  return AddOnDemandColumns(store, context, job.on_demand, std::move(rows));
}

Result<HistoricalExplanation> ExplainTraining(FeatureStore& store, const CallContext& context,
                                              const TrainingJob& job, const EntityFacts& entities) {
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  FEAST_ASSIGN_OR_RETURN(HistoricalExplanation out, offline->Explain(context, job.join, entities));
  for (const OnDemandStep& step : job.on_demand) out.on_demand.push_back(step.view.spec().name());
  return out;
}

Result<OwnedStream> QueryEntityRows(FeatureStore& store, const CallContext& context,
                                    const std::string& sql) {
  FEAST_ASSIGN_OR_RETURN(const auto sources, SourcesOf(store));
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  return offline->QueryEntityRows(context, sql, sources);
}

}  // namespace feast
