#include "feast/registry/registry_snapshot.h"

#include <atomic>

#include "feast/registry/object_kinds.h"

namespace feast {
namespace {

uint64_t NextGeneration() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

template <typename T, typename Index>
void Fill(const core::Registry& registry, Index* index) {
  for (const T& object : KindOf<T>::List(registry)) {
    index->emplace(std::pair<std::string_view, std::string_view>(ProjectOf(object), NameOf(object)),
                   &object);
  }
}

template <typename T, typename Index>
Result<const T*> Find(const Index& index, std::string_view project, std::string_view name) {
  const auto found = index.find(std::pair(project, name));
  if (found != index.end()) return found->second;
  // Upstream's look-up of an on-demand view raises the error of feature views.
  constexpr bool kOnDemand = KindOf<T>::kKind == ObjectKind::kOnDemandFeatureView;
  return ObjectNotFound(kOnDemand ? ObjectKind::kFeatureView : KindOf<T>::kKind, name, project);
}

}  // namespace

std::shared_ptr<const RegistrySnapshot> RegistrySnapshot::Make(core::Registry registry) {
  return std::shared_ptr<const RegistrySnapshot>(new RegistrySnapshot(std::move(registry)));
}

RegistrySnapshot::RegistrySnapshot(core::Registry registry)
    : proto_(std::move(registry)), generation_(NextGeneration()) {
  for (const core::Project& project : proto_.projects()) {
    projects_.emplace(project.spec().name(), &project);
  }
  Fill<core::FeatureView>(proto_, &feature_views_);
  Fill<core::StreamFeatureView>(proto_, &stream_feature_views_);
  Fill<core::OnDemandFeatureView>(proto_, &on_demand_feature_views_);
  Fill<core::LabelView>(proto_, &label_views_);
  Fill<core::FeatureService>(proto_, &feature_services_);
}

bool RegistrySnapshot::HasProject(std::string_view project) const {
  return projects_.contains(project);
}

Result<const core::Project*> RegistrySnapshot::GetProject(std::string_view name) const {
  const auto found = projects_.find(name);
  if (found != projects_.end()) return found->second;
  return ObjectNotFound(ObjectKind::kProject, name, "");
}

#define FEAST_GETTER(type, index)                                                      \
  Result<const core::type*> RegistrySnapshot::Get##type(std::string_view project,      \
                                                        std::string_view name) const { \
    return Find<core::type>(index, project, name);                                     \
  }
FEAST_GETTER(FeatureView, feature_views_)
FEAST_GETTER(StreamFeatureView, stream_feature_views_)
FEAST_GETTER(OnDemandFeatureView, on_demand_feature_views_)
FEAST_GETTER(LabelView, label_views_)
FEAST_GETTER(FeatureService, feature_services_)
#undef FEAST_GETTER

}  // namespace feast
