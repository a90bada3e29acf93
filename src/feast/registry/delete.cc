#include "feast/registry/apply.h"
#include "feast/registry/object_kinds.h"
#include "feast/registry/versions.h"

namespace feast {
namespace {

template <typename T>
bool Erase(core::Registry* registry, std::string_view project, std::string_view name) {
  auto* list = KindOf<T>::List(registry);
  for (int i = 0; i < list->size(); ++i) {
    if (NameOf(list->Get(i)) != name || ProjectOf(list->Get(i)) != project) continue;
    list->DeleteSubrange(i, 1);
    return true;
  }
  return false;
}

template <typename T>
void EraseProjectObjects(core::Registry* registry, std::string_view project) {
  auto* list = KindOf<T>::List(registry);
  for (int i = list->size() - 1; i >= 0; --i) {
    if (ProjectOf(list->Get(i)) == project) list->DeleteSubrange(i, 1);
  }
}

/// The project itself, everything in it, its metadata and its history.
Status DeleteProject(core::Registry* registry, std::string_view name) {
  auto* projects = registry->mutable_projects();
  bool found = false;
  for (int i = projects->size() - 1; i >= 0; --i) {
    if (projects->Get(i).spec().name() != name) continue;
    projects->DeleteSubrange(i, 1);
    found = true;
  }
  if (!found) return ObjectNotFound(ObjectKind::kProject, name, "");
  ForEachPlannedKind([&]<typename T>() { EraseProjectObjects<T>(registry, name); });
  auto* metadata = registry->mutable_project_metadata();
  for (int i = metadata->size() - 1; i >= 0; --i) {
    if (metadata->Get(i).project() == name) metadata->DeleteSubrange(i, 1);
  }
  if (registry->has_feature_view_version_history()) {
    auto* records = registry->mutable_feature_view_version_history()->mutable_records();
    for (int i = records->size() - 1; i >= 0; --i) {
      if (records->Get(i).project_id() == name) records->DeleteSubrange(i, 1);
    }
  }
  return Status::OK();
}

}  // namespace

Status DeleteObject(core::Registry* registry, std::string_view project, std::string_view kind,
                    std::string_view name) {
  if (kind == KindLabel<core::Project>()) return DeleteProject(registry, name);
  bool known = false;
  bool found = false;
  ObjectKind object_kind = ObjectKind::kFeatureView;
  ForEachPlannedKind([&]<typename T>() {
    if (KindLabel<T>() != kind) return;
    known = true;
    object_kind = KindOf<T>::kKind;
    found = Erase<T>(registry, project, name);
  });
  if (!known) {
    return Status::InvalidArgument("There is no kind of registry object '" + std::string(kind) +
                                   "'");
  }
  bool is_view = false;
  ForEachViewKind([&]<typename View>() {
    is_view = is_view || KindOf<View>::kKind == object_kind;
    // "feature view" means any kind of view, as in upstream's delete_feature_view.
    if (!found && object_kind == ObjectKind::kFeatureView) {
      found = Erase<View>(registry, project, name);
    }
  });
  if (!found)
    return ObjectNotFound(is_view ? ObjectKind::kFeatureView : object_kind, name, project);
  if (is_view) ForgetVersions(registry, project, name);
  return Status::OK();
}

}  // namespace feast
