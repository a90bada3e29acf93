#include "feast/compute/historical_planner.h"

#include <algorithm>

#include "feast/offline/source_read.h"

namespace feast {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string OutputName(const std::string& label, const std::string& feature, bool full_names) {
  return full_names ? label + "__" + feature : feature;
}

Result<HistoricalView> PlanView(const ResolvedView& view, const HistoricalRequest& request,
                                const std::vector<std::string>& entity_columns) {
  HistoricalView out;
  out.view = view.label;
  out.ttl = view.facts->ttl;
  out.read = ReadOf(*view.facts, view.features);
  for (const FieldFacts& key : view.facts->join_keys) {
    if (key.name == kDummyJoinKey) continue;
    const auto mapped = view.join_key_map.find(key.name);
    const std::string column = mapped == view.join_key_map.end() ? key.name : mapped->second;
    if (!entity_columns.empty() && !Contains(entity_columns, column)) {
      return Status::InvalidArgument("The entity rows have no column '" + column +
                                         "', which feature view '" + view.label + "' is joined on",
                                     ErrorKind::kKeyError);
    }
    out.entity_columns.push_back(column);
  }
  for (const FieldFacts& feature : view.features) {
    std::string name = OutputName(view.label, feature.name, request.select.full_feature_names);
    // A column of the entity rows keeps its name; the feature steps aside, as upstream does.
    if (Contains(entity_columns, name)) name += "__";
    if (Contains(entity_columns, name)) {
      return Status::InvalidArgument("The entity rows have columns '" +
                                         name.substr(0, name.size() - 2) + "' and '" + name +
                                         "', so that feature '" + view.label + ":" + feature.name +
                                         "' has no name left; rename one of them",
                                     ErrorKind::kValueError);
    }
    out.output_names.push_back(std::move(name));
    out.output_types.push_back(feature.type);
  }
  return out;
}

Result<OnDemandStep> PlanTransform(const ResolvedTransform& transform,
                                   const HistoricalRequest& request,
                                   const std::vector<std::string>& entity_columns) {
  OnDemandStep step;
  step.view = *transform.view;
  for (const FieldFacts& output : transform.outputs) {
    step.features.push_back(output.name);
    step.output_names.push_back(
        OutputName(transform.label, output.name, request.select.full_feature_names));
  }
  for (const auto& [name, source] : transform.view->spec().sources()) {
    if (!source.has_request_data_source()) continue;
    for (const auto& field : source.request_data_source().request_data_options().schema()) {
      if (!Contains(entity_columns, field.name())) {
        return Status::NotFound("Feature " + field.name() +
                                    " not found in the entity dataframe, but required by feature "
                                    "view " +
                                    transform.label,
                                ErrorKind::kRequestDataNotFoundInEntityDf);
      }
      step.request_fields.push_back(field.name());
    }
  }
  return step;
}

}  // namespace

Result<HistoricalJobPlan> PlanHistorical(const RegistrySnapshot& registry,
                                         const HistoricalRequest& request,
                                         const std::vector<std::string>& entity_columns,
                                         const std::string& entity_timestamp,
                                         const ResolveOptions& options) {
  ResolveOptions computing = options;
  computing.compute_stored_views = true;
  FEAST_ASSIGN_OR_RETURN(Resolved resolved, Resolve(registry, computing, request.select));
  HistoricalJobPlan plan;
  plan.resources = std::move(resolved.resources);
  plan.join.entity_timestamp = entity_timestamp;
  plan.join.filter_by_created_timestamp = request.filter_by_created_timestamp;
  plan.join.start = request.start;
  plan.join.end = request.end;
  for (const ResolvedView& view : resolved.views) {
    FEAST_ASSIGN_OR_RETURN(HistoricalView planned, PlanView(view, request, entity_columns));
    plan.join.views.push_back(std::move(planned));
  }
  for (const ResolvedTransform& transform : resolved.transforms) {
    FEAST_ASSIGN_OR_RETURN(OnDemandStep step, PlanTransform(transform, request, entity_columns));
    plan.on_demand.push_back(std::move(step));
  }
  return plan;
}

}  // namespace feast
