#include "feast/registry/apply.h"

#include <set>

#include "feast/base/uuid.h"
#include "feast/definitions/view_facts.h"
#include "feast/registry/equality.h"
#include "feast/registry/object_kinds.h"
#include "feast/registry/times.h"
#include "feast/registry/view_merge.h"

namespace feast {
namespace {

constexpr bool IsView(ObjectKind kind) {
  return kind == ObjectKind::kFeatureView || kind == ObjectKind::kStreamFeatureView ||
         kind == ObjectKind::kOnDemandFeatureView || kind == ObjectKind::kLabelView;
}

template <typename T>
void Stamp(T* object, const T* old_object, Micros now) {
  if constexpr (requires { object->mutable_meta()->mutable_created_timestamp(); }) {
    auto* meta = object->mutable_meta();
    *meta->mutable_last_updated_timestamp() = ToTimestamp(now);
    if (old_object != nullptr) {
      *meta->mutable_created_timestamp() = old_object->meta().created_timestamp();
    } else if (!meta->has_created_timestamp()) {
      *meta->mutable_created_timestamp() = ToTimestamp(now);
    }
    if constexpr (requires { meta->mutable_min_event_timestamp(); }) {
      if (old_object != nullptr) {
        *meta->mutable_min_event_timestamp() = old_object->meta().min_event_timestamp();
        *meta->mutable_max_event_timestamp() = old_object->meta().max_event_timestamp();
      }
    }
  }
}

template <typename T>
void Replace(core::Registry* registry, const T& desired, const std::string& project, Micros now) {
  T object = desired;
  SetProject(&object, project);
  T* active = FindObject<T>(registry, project, NameOf(desired));
  Stamp<T>(&object, active, now);
  if (active != nullptr) {
    KeepUnknownFields(*active, &object);
    *active = std::move(object);
  } else {
    *KindOf<T>::List(registry)->Add() = std::move(object);
  }
}

template <typename T>
Status Put(core::Registry* registry, const T& desired, const ApplyOptions& options, Micros now) {
  if constexpr (IsView(KindOf<T>::kKind)) {
    return MergeView(registry, desired, options, now);
  } else {
    Replace(registry, desired, options.project, now);
    return Status::OK();
  }
}

void PutProject(core::Registry* registry, const core::Project& desired, Micros now) {
  core::Project project = desired;
  for (core::Project& active : *registry->mutable_projects()) {
    if (active.spec().name() != desired.spec().name()) continue;
    Stamp<core::Project>(&project, &active, now);
    KeepUnknownFields(active, &project);
    active = std::move(project);
    return;
  }
  Stamp<core::Project>(&project, nullptr, now);
  *registry->add_projects() = std::move(project);
}

/// The project of an apply exists afterwards; one that nobody defined gets upstream's metadata as
/// well.
void EnsureProject(core::Registry* registry, const std::string& name, Micros now) {
  for (const core::Project& project : registry->projects()) {
    if (project.spec().name() == name) return;
  }
  core::Project project;
  project.mutable_spec()->set_name(name);
  PutProject(registry, project, now);
  for (const core::ProjectMetadata& metadata : registry->project_metadata()) {
    if (metadata.project() == name) return;
  }
  core::ProjectMetadata* metadata = registry->add_project_metadata();
  metadata->set_project(name);
  metadata->set_project_uuid(RandomUuid());
}

void EnsureDummyEntity(core::Registry* registry, const std::string& project, Micros now) {
  const std::string name(kDummyEntity);
  if (FindObject<core::Entity>(registry, project, name) != nullptr) return;
  core::Entity dummy;
  dummy.mutable_spec()->set_name(name);
  dummy.mutable_spec()->set_join_key(std::string(kDummyJoinKey));
  Replace(registry, dummy, project, now);
}

using Wanted = std::set<std::pair<std::string_view, std::string_view>>;

Wanted NamesToPut(const std::vector<ObjectChange>& changes) {
  Wanted wanted;
  for (const ObjectChange& change : changes) {
    if (change.change == ChangeKind::kCreate || change.change == ChangeKind::kUpdate) {
      wanted.emplace(change.kind, change.name);
    }
  }
  return wanted;
}

}  // namespace

Status ApplyChanges(core::Registry* registry, const core::Registry& desired,
                    const std::vector<ObjectChange>& changes, const ApplyOptions& options,
                    Micros now) {
  if (registry->registry_schema_version().empty()) registry->set_registry_schema_version("1");
  const Wanted wanted = NamesToPut(changes);
  for (const core::Project& project : desired.projects()) {
    if (wanted.contains({KindLabel<core::Project>(), project.spec().name()})) {
      PutProject(registry, project, now);
    }
  }
  EnsureProject(registry, options.project, now);
  // Deletions come first, so that a name may move from one kind of view to another.
  for (const ObjectChange& change : changes) {
    if (change.change != ChangeKind::kDelete) continue;
    FEAST_RETURN_IF_ERROR(DeleteObject(registry, options.project, change.kind, change.name));
  }
  EnsureDummyEntity(registry, options.project, now);
  Status failure;
  ForEachPlannedKind([&]<typename T>() {
    const std::string label = KindLabel<T>();
    for (const T& object : KindOf<T>::List(desired)) {
      if (!failure.ok() || !wanted.contains({label, NameOf(object)})) continue;
      failure = Put(registry, object, options, now);
    }
  });
  return failure;
}

Status RecordMaterialization(core::Registry* registry, std::string_view project,
                             std::string_view view, Micros start, Micros end, Micros now) {
  const auto record = [&](auto* found) {
    auto* interval = found->mutable_meta()->add_materialization_intervals();
    *interval->mutable_start_time() = ToTimestamp(start);
    *interval->mutable_end_time() = ToTimestamp(end);
    *found->mutable_meta()->mutable_last_updated_timestamp() = ToTimestamp(now);
    found->mutable_meta()->set_state(core::AVAILABLE_ONLINE);
    return Status::OK();
  };
  if (auto* found = FindObject<core::FeatureView>(registry, project, view)) return record(found);
  if (auto* found = FindObject<core::StreamFeatureView>(registry, project, view)) {
    return record(found);
  }
  const std::string name(view);
  if (FindObject<core::LabelView>(registry, project, view) != nullptr) {
    return Status::InvalidArgument("Cannot apply materialization for LabelView " + name +
                                   ". Use FeatureStore.push() to write labels.");
  }
  if (FindObject<core::OnDemandFeatureView>(registry, project, view) != nullptr) {
    return Status::InvalidArgument("Cannot apply materialization for OnDemandFeatureView " + name +
                                   ": it has no materialization intervals.");
  }
  return ObjectNotFound(ObjectKind::kFeatureView, view, project);
}

}  // namespace feast
