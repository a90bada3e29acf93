#include "secured_objects.h"

#include <cctype>

#include "objects.h"
#include "source_class.h"

namespace feast::cmd {
namespace {

using core::PermissionSpec;

PermissionSpec::Type TypeOf(const core::Entity& /*object*/) { return PermissionSpec::ENTITY; }
PermissionSpec::Type TypeOf(const core::DataSource& /*object*/) {
  return PermissionSpec::DATA_SOURCE;
}
PermissionSpec::Type TypeOf(const core::FeatureView& view) {
  return view.spec().has_feature_transformation() ? PermissionSpec::BATCH_FEATURE_VIEW
                                                  : PermissionSpec::FEATURE_VIEW;
}
PermissionSpec::Type TypeOf(const core::StreamFeatureView& /*object*/) {
  return PermissionSpec::STREAM_FEATURE_VIEW;
}
PermissionSpec::Type TypeOf(const core::OnDemandFeatureView& /*object*/) {
  return PermissionSpec::ON_DEMAND_FEATURE_VIEW;
}
PermissionSpec::Type TypeOf(const core::LabelView& /*object*/) {
  return PermissionSpec::LABEL_VIEW;
}
PermissionSpec::Type TypeOf(const core::FeatureService& /*object*/) {
  return PermissionSpec::FEATURE_SERVICE;
}
PermissionSpec::Type TypeOf(const core::ValidationReference& /*object*/) {
  return PermissionSpec::VALIDATION_REFERENCE;
}
PermissionSpec::Type TypeOf(const core::SavedDataset& /*object*/) {
  return PermissionSpec::SAVED_DATASET;
}
PermissionSpec::Type TypeOf(const core::Permission& /*object*/) {
  return PermissionSpec::PERMISSION;
}

template <typename T>
void Append(const RegistryView& registry, std::vector<SecuredObject>* out) {
  ForEachListed<T>(registry, TagFilter(), [&](const T& object) {
    const PermissionSpec::Type type = TypeOf(object);
    SecuredObject secured{ClassName(type), {type}, NameOf(object), {}};
    secured.tags.insert(TagsOf(object).begin(), TagsOf(object).end());
    if (type == PermissionSpec::BATCH_FEATURE_VIEW || type == PermissionSpec::STREAM_FEATURE_VIEW) {
      secured.types.push_back(PermissionSpec::FEATURE_VIEW);
    }
    if constexpr (std::is_same_v<T, core::DataSource>) {
      const std::string path = SourceClass(object);
      secured.class_name = path.substr(path.rfind('.') + 1);
    }
    out->push_back(std::move(secured));
  });
}

}  // namespace

std::string ClassName(int type) {
  // "ON_DEMAND_FEATURE_VIEW" → "OnDemandFeatureView"
  std::string name;
  bool upper = true;
  for (const char c : PermissionSpec::Type_Name(static_cast<PermissionSpec::Type>(type))) {
    if (c != '_')
      name += upper ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    upper = c == '_';
  }
  return name;
}

std::vector<SecuredObject> SecuredObjects(const RegistryView& registry) {
  std::vector<SecuredObject> objects;
  Append<core::Entity>(registry, &objects);
  Append<core::FeatureView>(registry, &objects);
  Append<core::OnDemandFeatureView>(registry, &objects);
  Append<core::StreamFeatureView>(registry, &objects);
  Append<core::LabelView>(registry, &objects);
  Append<core::FeatureService>(registry, &objects);
  Append<core::DataSource>(registry, &objects);
  Append<core::ValidationReference>(registry, &objects);
  Append<core::SavedDataset>(registry, &objects);
  Append<core::Permission>(registry, &objects);
  return objects;
}

}  // namespace feast::cmd
