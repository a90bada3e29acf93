#include <algorithm>
#include <iterator>
#include <set>

#include "feast/definitions/view_facts.h"
#include "feast/registry/apply.h"
#include "feast/registry/equality.h"
#include "feast/registry/object_kinds.h"
#include "feast/registry/validate.h"

namespace feast {
namespace {

ObjectChange Compared(const google::protobuf::Message* current,
                      const google::protobuf::Message& desired, std::string kind,
                      const std::string& name) {
  ObjectChange change{ChangeKind::kCreate, std::move(kind), name, {}};
  if (current == nullptr) return change;
  change.fields = SpecDifferences(*current, desired);
  change.change = change.fields.empty() ? ChangeKind::kUnchanged : ChangeKind::kUpdate;
  return change;
}

bool IsDummy(std::string_view name) { return name == kDummyEntity; }

/// Never deletes a project: what a definition folder does not name may belong to another one.
void PlanProjects(const core::Registry& current, const core::Registry& desired,
                  const ApplyOptions& options, std::vector<ObjectChange>* changes) {
  const auto find = [&](std::string_view name) -> const core::Project* {
    for (const core::Project& project : current.projects()) {
      if (project.spec().name() == name) return &project;
    }
    return nullptr;
  };
  for (const core::Project& project : desired.projects()) {
    changes->push_back(Compared(find(project.spec().name()), project, KindLabel<core::Project>(),
                                project.spec().name()));
  }
  if (desired.projects().empty() && find(options.project) == nullptr) {
    changes->push_back({ChangeKind::kCreate, KindLabel<core::Project>(), options.project, {}});
  }
}

/// Upstream's order within a kind: created, deleted, then kept objects.
template <typename T>
void PlanKind(const core::Registry& current, const core::Registry& desired,
              const ApplyOptions& options, std::vector<ObjectChange>* changes) {
  std::set<std::string_view> wanted;
  std::vector<ObjectChange> kept;
  for (const T& object : KindOf<T>::List(desired)) {
    if (NameOf(object).empty() || IsDummy(NameOf(object))) continue;
    if (!wanted.insert(NameOf(object)).second) continue;
    ObjectChange change = Compared(FindObject<T>(current, options.project, NameOf(object)), object,
                                   KindLabel<T>(), NameOf(object));
    (change.change == ChangeKind::kCreate ? *changes : kept).push_back(std::move(change));
  }
  constexpr ObjectKind kKind = KindOf<T>::kKind;
  if (!options.partial && kKind != ObjectKind::kSavedDataset &&
      kKind != ObjectKind::kValidationReference) {
    for (const T& object : KindOf<T>::List(current)) {
      const std::string& name = NameOf(object);
      if (ProjectOf(object) != options.project || name.empty() || IsDummy(name)) continue;
      if (!wanted.contains(name)) {
        changes->push_back({ChangeKind::kDelete, KindLabel<T>(), name, {}});
      }
    }
  }
  std::ranges::move(kept, std::back_inserter(*changes));
}

}  // namespace

Result<std::vector<ObjectChange>> PlanChanges(const RegistrySnapshot& current,
                                              const core::Registry& desired,
                                              const ApplyOptions& options) {
  FEAST_RETURN_IF_ERROR(ValidateDesired(current.proto(), desired, options));
  std::vector<ObjectChange> changes;
  PlanProjects(current.proto(), desired, options, &changes);
  ForEachPlannedKind(
      [&]<typename T>() { PlanKind<T>(current.proto(), desired, options, &changes); });
  return changes;
}

}  // namespace feast
