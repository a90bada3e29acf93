#include "feast/references/find_view.h"

#include "feast/definitions/not_found.h"
#include "feast/registry/versions.h"

namespace feast {
namespace {

template <typename View>
Result<ViewFacts> RecordedFacts(const RegistrySnapshot& registry, const std::string& project,
                                const std::string& name, int version) {
  FEAST_ASSIGN_OR_RETURN(const View view,
                         ViewOfVersion<View>(registry.proto(), project, name, version));
  return FactsOf(view);
}

}  // namespace

Result<ViewFacts> FindView(const RegistrySnapshot& registry, const std::string& project,
                           const std::string& name) {
  if (auto view = registry.GetFeatureView(project, name); view.ok()) return FactsOf(**view);
  if (auto view = registry.GetStreamFeatureView(project, name); view.ok()) return FactsOf(**view);
  if (auto view = registry.GetLabelView(project, name); view.ok()) return FactsOf(**view);
  if (auto view = registry.GetOnDemandFeatureView(project, name); view.ok()) {
    return FactsOf(**view);
  }
  return ObjectNotFound(ObjectKind::kFeatureView, name, project);
}

Result<ViewFacts> FindViewVersion(const RegistrySnapshot& registry, const std::string& project,
                                  const std::string& name, int version) {
  FEAST_ASSIGN_OR_RETURN(ViewFacts current, FindView(registry, project, name));
  const auto* record = FindVersion(registry.proto(), project, name, version);
  if (record == nullptr) {
    // Registries of older releases have no history of their views.
    if (current.current_version == version) return current;
    return ViewVersionNotFound(name, version, project);
  }
  const std::string& type = record->feature_view_type();
  if (type == "stream_feature_view") {
    return RecordedFacts<core::StreamFeatureView>(registry, project, name, version);
  }
  if (type == "label_view") return RecordedFacts<core::LabelView>(registry, project, name, version);
  if (type == "on_demand_feature_view") {
    return RecordedFacts<core::OnDemandFeatureView>(registry, project, name, version);
  }
  return RecordedFacts<core::FeatureView>(registry, project, name, version);
}

Result<core::OnDemandFeatureView> FindOnDemandViewVersion(const RegistrySnapshot& registry,
                                                          const std::string& project,
                                                          const std::string& name, int version) {
  FEAST_ASSIGN_OR_RETURN(const auto* current, registry.GetOnDemandFeatureView(project, name));
  if (FindVersion(registry.proto(), project, name, version) == nullptr &&
      current->meta().current_version_number() == version) {
    return *current;
  }
  return ViewOfVersion<core::OnDemandFeatureView>(registry.proto(), project, name, version);
}

}  // namespace feast
