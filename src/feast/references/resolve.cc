#include "feast/references/resolve.h"

#include <algorithm>

#include "feast/references/find_view.h"

namespace feast {
namespace {

/// A reference after parsing, or a feature of a service's projection.
struct Wanted {
  std::string view;
  std::string label;
  std::optional<int> version;
  std::string feature;
  const core::FeatureViewProjection* projection = nullptr;
};

std::vector<Wanted> WantedOfService(const core::FeatureService& service) {
  std::vector<Wanted> wanted;
  for (const auto& projection : service.spec().features()) {
    std::optional<int> version;
    if (projection.has_version_tag()) version = projection.version_tag();
    std::string label = projection.feature_view_name_alias().empty()
                            ? projection.feature_view_name()
                            : projection.feature_view_name_alias();
    if (version) label += "@v" + std::to_string(*version);
    for (const auto& column : projection.feature_columns()) {
      wanted.push_back(
          {projection.feature_view_name(), label, version, column.name(), &projection});
    }
  }
  return wanted;
}

Result<std::vector<Wanted>> WantedOfReferences(const std::vector<std::string>& references) {
  if (references.empty()) return Status::InvalidArgument("No features specified for retrieval");
  std::vector<Wanted> wanted;
  for (const auto& text : references) {
    FEAST_ASSIGN_OR_RETURN(FeatureReference reference, ParseFeatureReference(text));
    std::string label = reference.view;
    if (reference.version) label += "@v" + std::to_string(*reference.version);
    wanted.push_back(
        {reference.view, std::move(label), reference.version, reference.feature, nullptr});
  }
  return wanted;
}

Status CheckCollisions(const std::vector<Wanted>& wanted, bool full_names) {
  std::set<std::string> seen;
  std::vector<std::string> repeated;
  for (const auto& one : wanted) {
    const std::string name = full_names ? one.label + "__" + one.feature : one.feature;
    if (!seen.insert(name).second &&
        std::find(repeated.begin(), repeated.end(), name) == repeated.end()) {
      repeated.push_back(name);
    }
  }
  if (repeated.empty()) return Status::OK();
  std::string text = "Duplicate features named ";
  for (size_t i = 0; i < repeated.size(); ++i) text += (i == 0 ? "" : ", ") + repeated[i];
  text += " found.\n";
  text += full_names
              ? "To resolve this collision, please ensure that the feature views or their own "
                "features have different names. If you're intentionally joining the same feature "
                "view twice on different sets of entities, please rename one of the feature views "
                "with '.with_name'."
              : "To resolve this collision, either use the full feature name by setting "
                "'full_feature_names=True', or ensure that the features in question have different "
                "names.";
  return Status::InvalidArgument(text, ErrorKind::kFeatureNameCollision);
}

class Resolver {
 public:
  Resolver(const RegistrySnapshot& snapshot, const ResolveOptions& options)
      : snapshot_(snapshot), options_(options) {}

  Status Add(const Wanted& wanted) {
    if (wanted.version) FEAST_RETURN_IF_ERROR(CheckVersioning(wanted));
    if (snapshot_.GetOnDemandFeatureView(options_.project, wanted.view).ok()) {
      FEAST_ASSIGN_OR_RETURN(core::OnDemandFeatureView view, OnDemandViewOf(wanted));
      if (options_.compute_stored_views || !view.spec().write_to_online_store()) {
        return AddOutput(wanted, std::move(view));
      }
    }
    FEAST_ASSIGN_OR_RETURN(ResolvedView * view, ViewOf(wanted));
    return AddFeature(view, wanted.feature, /*requested=*/true, wanted.projection != nullptr);
  }

  Resolved Take() && { return std::move(resolved_); }

 private:
  Status CheckVersioning(const Wanted& wanted) const {
    if (options_.versioning) return Status::OK();
    return Status::InvalidArgument(
        "Version-qualified ref '" + wanted.view + "@v" + std::to_string(*wanted.version) +
        "' not supported: online versioning is disabled. Set "
        "'enable_online_feature_view_versioning: true' under 'registry' in feature_store.yaml.");
  }

  Result<core::OnDemandFeatureView> OnDemandViewOf(const Wanted& wanted) const {
    if (wanted.version) {
      return FindOnDemandViewVersion(snapshot_, options_.project, wanted.view, *wanted.version);
    }
    FEAST_ASSIGN_OR_RETURN(const auto* view,
                           snapshot_.GetOnDemandFeatureView(options_.project, wanted.view));
    return *view;
  }

  void NeedPermission(const std::string& kind, const std::string& name) {
    for (const auto& resource : resolved_.resources) {
      if (resource.kind == kind && resource.name == name) return;
    }
    resolved_.resources.push_back({kind, name});
  }

  Result<ResolvedView*> ViewOf(const Wanted& wanted) {
    for (auto& view : resolved_.views) {
      if (view.label == wanted.label) return &view;
    }
    FEAST_ASSIGN_OR_RETURN(ViewFacts facts, FindView(snapshot_, options_.project, wanted.view));
    // Gates are about the view as it is now, not as it was when the snapshot was taken.
    FEAST_RETURN_IF_ERROR(CheckServable(facts));
    if (wanted.version) {
      FEAST_ASSIGN_OR_RETURN(
          facts, FindViewVersion(snapshot_, options_.project, wanted.view, *wanted.version));
    }
    NeedPermission(facts.kind, facts.name);
    ResolvedView view;
    view.label = wanted.label;
    view.version = wanted.version;
    view.facts = std::make_shared<const ViewFacts>(std::move(facts));
    if (wanted.projection != nullptr) {
      const auto& map = wanted.projection->join_key_map();
      view.join_key_map = {map.begin(), map.end()};
    }
    resolved_.views.push_back(std::move(view));
    return &resolved_.views.back();
  }

  static Status AddFeature(ResolvedView* view, const std::string& name, bool requested,
                           bool of_service) {
    for (size_t i = 0; i < view->features.size(); ++i) {
      if (view->features[i].name != name) continue;
      if (requested) view->requested[i] = true;
      return Status::OK();
    }
    for (const auto& field : view->facts->features) {
      if (field.name != name) continue;
      view->features.push_back(field);
      view->requested.push_back(requested);
      return Status::OK();
    }
    if (of_service) {
      return Status::InvalidArgument("The projection for " + view->facts->name +
                                     " cannot be applied because it contains " + name +
                                     " which the FeatureView doesn't have.");
    }
    return Status::InvalidArgument("Feature " + name + " not found in projection " + view->label,
                                   ErrorKind::kKeyError);
  }

  Status AddOutput(const Wanted& wanted, core::OnDemandFeatureView view) {
    auto found = std::find_if(resolved_.transforms.begin(), resolved_.transforms.end(),
                              [&](const auto& one) { return one.label == wanted.label; });
    if (found == resolved_.transforms.end()) {
      FEAST_ASSIGN_OR_RETURN(const ViewFacts now,
                             FindView(snapshot_, options_.project, wanted.view));
      FEAST_RETURN_IF_ERROR(CheckServable(now));
      NeedPermission(now.kind, wanted.view);
      ResolvedTransform transform;
      transform.label = wanted.label;
      transform.view = std::make_shared<const core::OnDemandFeatureView>(std::move(view));
      FEAST_RETURN_IF_ERROR(AddSources(*transform.view, &transform));
      resolved_.transforms.push_back(std::move(transform));
      found = std::prev(resolved_.transforms.end());
    }
    for (const auto& field : found->view->spec().features()) {
      if (field.name() != wanted.feature) continue;
      found->outputs.push_back(
          {field.name(), ValueTypeFromNumber(field.value_type()).value_or(ValueType::kInvalid)});
      return Status::OK();
    }
    return Status::InvalidArgument(
        "Feature " + wanted.feature + " not found in projection " + wanted.label,
        ErrorKind::kKeyError);
  }

  /// Sources in the order of their names: a protobuf map has none of its own.
  Status AddSources(const core::OnDemandFeatureView& view, ResolvedTransform* transform) {
    std::map<std::string, const core::OnDemandSource*> sources;
    for (const auto& [name, source] : view.spec().sources()) sources[name] = &source;
    for (const auto& [name, source] : sources) {
      if (source->has_request_data_source()) {
        AddRequestData(source->request_data_source());
      } else if (source->has_feature_view_projection()) {
        const auto& projection = source->feature_view_projection();
        FEAST_RETURN_IF_ERROR(AddInputs(projection.feature_view_name(), projection,
                                        projection.feature_columns(), transform));
      } else if (source->has_feature_view()) {
        const auto& spec = source->feature_view().spec();
        FEAST_RETURN_IF_ERROR(AddInputs(spec.name(),
                                        core::FeatureViewProjection::default_instance(),
                                        spec.features(), transform));
      }
    }
    return Status::OK();
  }

  template <typename Features>
  Status AddInputs(const std::string& name, const core::FeatureViewProjection& projection,
                   const Features& features, ResolvedTransform* transform) {
    Wanted wanted;
    wanted.view = name;
    wanted.label =
        projection.feature_view_name_alias().empty() ? name : projection.feature_view_name_alias();
    wanted.projection = &projection;
    if (projection.has_version_tag()) {
      wanted.version = projection.version_tag();
      wanted.label += "@v" + std::to_string(*wanted.version);
      FEAST_RETURN_IF_ERROR(CheckVersioning(wanted));
    }
    FEAST_ASSIGN_OR_RETURN(ResolvedView * view, ViewOf(wanted));
    transform->inputs.insert(view->label);
    for (const auto& feature : features) {
      FEAST_RETURN_IF_ERROR(AddFeature(view, feature.name(), /*requested=*/false, false));
    }
    return Status::OK();
  }

  void AddRequestData(const core::DataSource& source) {
    for (const auto& field : source.request_data_options().schema()) {
      const auto same = [&](const auto& one) { return one.name == field.name(); };
      if (std::any_of(resolved_.request_data.begin(), resolved_.request_data.end(), same)) continue;
      resolved_.request_data.push_back(
          {field.name(), ValueTypeFromNumber(field.value_type()).value_or(ValueType::kInvalid)});
    }
  }

  const RegistrySnapshot& snapshot_;
  const ResolveOptions& options_;
  Resolved resolved_;
};

}  // namespace

Result<Resolved> Resolve(const RegistrySnapshot& snapshot, const ResolveOptions& options,
                         const FeatureSelection& selection) {
  std::vector<Wanted> wanted;
  const std::string& name = selection.feature_service;
  if (!name.empty()) {
    FEAST_ASSIGN_OR_RETURN(const core::FeatureService* service,
                           snapshot.GetFeatureService(options.project, name));
    wanted = WantedOfService(*service);
  } else {
    FEAST_ASSIGN_OR_RETURN(wanted, WantedOfReferences(selection.features));
  }
  Resolver resolver(snapshot, options);
  for (const auto& one : wanted) FEAST_RETURN_IF_ERROR(resolver.Add(one));
  FEAST_RETURN_IF_ERROR(CheckCollisions(wanted, selection.full_feature_names));
  Resolved resolved = std::move(resolver).Take();
  if (!name.empty()) resolved.resources = {{"FeatureService", name}};
  return resolved;
}

}  // namespace feast
