#pragma once
#include <string>
#include <string_view>

#include "feast/core/Registry.pb.h"
#include "feast/definitions/not_found.h"

namespace feast {

/// Where the objects of one kind lie in a registry, and which kind it is. Specializations below;
/// `T` is the protobuf message. Stateless.
template <typename T>
struct KindOf;

#define FEAST_OBJECT_KIND(type, field)                                                   \
  template <>                                                                            \
  struct KindOf<core::type> {                                                            \
    static constexpr ObjectKind kKind = ObjectKind::k##type;                             \
    static const auto& List(const core::Registry& registry) { return registry.field(); } \
    static auto* List(core::Registry* registry) { return registry->mutable_##field(); }  \
  }

FEAST_OBJECT_KIND(Project, projects);
FEAST_OBJECT_KIND(Entity, entities);
FEAST_OBJECT_KIND(DataSource, data_sources);
FEAST_OBJECT_KIND(FeatureView, feature_views);
FEAST_OBJECT_KIND(StreamFeatureView, stream_feature_views);
FEAST_OBJECT_KIND(OnDemandFeatureView, on_demand_feature_views);
FEAST_OBJECT_KIND(LabelView, label_views);
FEAST_OBJECT_KIND(FeatureService, feature_services);
FEAST_OBJECT_KIND(SavedDataset, saved_datasets);
FEAST_OBJECT_KIND(ValidationReference, validation_references);
FEAST_OBJECT_KIND(Permission, permissions);
#undef FEAST_OBJECT_KIND

/// The kind as plans print it: "entity", "feature view", "on demand feature view", …
template <typename T>
std::string KindLabel() {
  return std::string(FactsOf(KindOf<T>::kKind).label);
}

/// Name and project of an object, whether they lie in a spec or in the message itself.
template <typename T>
const std::string& NameOf(const T& object) {
  if constexpr (requires { object.spec(); }) {
    return object.spec().name();
  } else {
    return object.name();
  }
}
template <typename T>
const std::string& ProjectOf(const T& object) {
  if constexpr (requires { object.spec(); }) {
    return object.spec().project();
  } else {
    return object.project();
  }
}
template <typename T>
void SetProject(T* object, const std::string& project) {
  if constexpr (requires { object->spec(); }) {
    object->mutable_spec()->set_project(project);
  } else {
    object->set_project(project);
  }
}

/// The object of that project and name, or null. Linear in the objects of the kind.
template <typename T>
T* FindObject(core::Registry* registry, std::string_view project, std::string_view name) {
  for (T& object : *KindOf<T>::List(registry)) {
    if (NameOf(object) == name && ProjectOf(object) == project) return &object;
  }
  return nullptr;
}
template <typename T>
const T* FindObject(const core::Registry& registry, std::string_view project,
                    std::string_view name) {
  for (const T& object : KindOf<T>::List(registry)) {
    if (NameOf(object) == name && ProjectOf(object) == project) return &object;
  }
  return nullptr;
}

/// Upstream's class name of a view kind, as error messages print it.
template <typename T>
std::string_view ViewClassName() {
  return T::descriptor()->name();
}

/// Calls `visit.template operator()<T>()` for each kind of a plan after the project, in upstream's
/// order.
template <typename Visitor>
void ForEachPlannedKind(Visitor&& visit) {
  visit.template operator()<core::DataSource>();
  visit.template operator()<core::Entity>();
  visit.template operator()<core::FeatureView>();
  visit.template operator()<core::OnDemandFeatureView>();
  visit.template operator()<core::StreamFeatureView>();
  visit.template operator()<core::LabelView>();
  visit.template operator()<core::FeatureService>();
  visit.template operator()<core::Permission>();
  visit.template operator()<core::SavedDataset>();
  visit.template operator()<core::ValidationReference>();
}

/// Calls `visit.template operator()<T>()` for each kind of view.
template <typename Visitor>
void ForEachViewKind(Visitor&& visit) {
  visit.template operator()<core::FeatureView>();
  visit.template operator()<core::OnDemandFeatureView>();
  visit.template operator()<core::StreamFeatureView>();
  visit.template operator()<core::LabelView>();
}

}  // namespace feast
