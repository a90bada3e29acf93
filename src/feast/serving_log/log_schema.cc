#include "feast/serving_log/log_schema.h"

#include <algorithm>
#include <map>

namespace feast {
namespace {

class Columns {
 public:
  void Add(LogColumn column) {
    const auto found = std::ranges::find(columns_, column.name, &LogColumn::name);
    if (found == columns_.end()) columns_.push_back(std::move(column));
  }
  void AddFeature(const std::string& label, const FieldFacts& feature) {
    Add({LogColumn::Kind::kFeature, label + "__" + feature.name, feature.name, label,
         feature.type});
  }
  std::vector<LogColumn> Take() { return std::move(columns_); }

 private:
  std::vector<LogColumn> columns_;
};

void AddView(const ResolvedView& view, Columns* columns) {
  for (const FieldFacts& key : view.facts->join_keys) {
    if (key.name == kDummyJoinKey) continue;
    const auto mapped = view.join_key_map.find(key.name);
    const auto& name = mapped == view.join_key_map.end() ? key.name : mapped->second;
    columns->Add({LogColumn::Kind::kJoinKey, name, "", "", key.type});
  }
  for (size_t i = 0; i < view.features.size(); ++i) {
    if (view.requested[i]) columns->AddFeature(view.label, view.features[i]);
  }
}

void AddTransform(const ResolvedTransform& transform, Columns* columns) {
  std::map<std::string, FieldFacts> fields;
  for (const auto& [name, source] : transform.view->spec().sources()) {
    for (const auto& field : source.request_data_source().request_data_options().schema()) {
      fields[field.name()] = {field.name(), static_cast<ValueType>(field.value_type())};
    }
  }
  for (const auto& [name, field] : fields) {
    columns->Add({LogColumn::Kind::kRequestData, name, "", "", field.type});
  }
  for (const FieldFacts& output : transform.outputs) columns->AddFeature(transform.label, output);
}

}  // namespace

Result<std::vector<LogColumn>> LogColumnsOf(const RegistrySnapshot& snapshot,
                                            const ResolveOptions& options,
                                            const core::FeatureService& service) {
  FeatureSelection selection;
  selection.feature_service = service.spec().name();
  selection.full_feature_names = true;
  FEAST_ASSIGN_OR_RETURN(const Resolved resolved, Resolve(snapshot, options, selection));
  Columns columns;
  for (const auto& projection : service.spec().features()) {
    std::string label = projection.feature_view_name_alias().empty()
                            ? projection.feature_view_name()
                            : projection.feature_view_name_alias();
    if (projection.has_version_tag()) label += "@v" + std::to_string(projection.version_tag());
    for (const ResolvedView& view : resolved.views) {
      if (view.label == label) AddView(view, &columns);
    }
    for (const ResolvedTransform& transform : resolved.transforms) {
      if (transform.label == label) AddTransform(transform, &columns);
    }
  }
  // Join keys that only the inputs of on-demand views need.
  for (const ResolvedView& view : resolved.views) AddView(view, &columns);
  return columns.Take();
}

}  // namespace feast
