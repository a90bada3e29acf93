#include "feast/registry/infra.h"

#include <algorithm>
#include <map>
#include <set>

#include "feast/definitions/names.h"
#include "feast/registry/object_kinds.h"

namespace feast {
namespace {

constexpr std::string_view kSqliteTable = "feast.infra.online_stores.sqlite.SqliteTable";

std::string_view TableName(const core::InfraObject& object) {
  return object.has_datastore_table() ? object.datastore_table().name()
                                      : object.sqlite_table().name();
}

/// Table names start with their project's; of two projects that fit, the longer one is meant.
bool IsOfProject(const core::Registry& registry, const core::InfraObject& object,
                 std::string_view project) {
  const auto fits = [&](std::string_view name) {
    return TableName(object).starts_with(std::string(name) + "_");
  };
  return fits(project) && std::ranges::none_of(registry.projects(), [&](const auto& other) {
           return other.spec().name().size() > project.size() && fits(other.spec().name());
         });
}

bool HasViewOf(const core::Registry& registry, std::string_view project, std::string_view table) {
  bool found = false;
  ForEachViewKind([&]<typename View>() {
    for (const View& view : KindOf<View>::List(registry)) {
      found = found || (ProjectOf(view) == project && IsNameOrVersionOf(table, NameOf(view)));
    }
  });
  return found;
}

}  // namespace

void AddTable(core::Infra* infra, std::string_view path, std::string_view name) {
  core::InfraObject* object = infra->add_infra_objects();
  object->set_infra_object_class_type(std::string(kSqliteTable));
  object->mutable_sqlite_table()->set_path(std::string(path));
  object->mutable_sqlite_table()->set_name(std::string(name));
}

core::Infra InfraFor(const core::Registry& registry, std::string_view project,
                     std::string_view path, bool versioned) {
  std::vector<std::string> names;
  const auto add = [&](const auto& view) {
    if (ProjectOf(view) != project) return;
    std::string name = std::string(project) + "_" + NameOf(view);
    if constexpr (requires { view.meta().current_version_number(); }) {
      const int version = view.meta().current_version_number();
      if (versioned && version > 0) name += "_v" + std::to_string(version);
    }
    names.push_back(std::move(name));
  };
  for (const auto& view : registry.feature_views()) add(view);
  for (const auto& view : registry.stream_feature_views()) add(view);
  for (const auto& view : registry.label_views()) {
    if (view.spec().online()) add(view);
  }
  std::ranges::sort(names);
  core::Infra infra;
  for (const std::string& name : names) AddTable(&infra, path, name);
  return infra;
}

std::vector<std::string> OrphanedTables(const core::Registry& registry, std::string_view project,
                                        std::string_view path) {
  std::vector<std::string> orphans;
  for (const core::InfraObject& object : registry.infra().infra_objects()) {
    if (!object.has_sqlite_table() || object.sqlite_table().path() != path) continue;
    if (!IsOfProject(registry, object, project)) continue;
    const std::string table = object.sqlite_table().name().substr(project.size() + 1);
    if (!HasViewOf(registry, project, table)) orphans.push_back(table);
  }
  std::ranges::sort(orphans);
  return orphans;
}

std::vector<TableChange> DiffTables(const core::Registry& registry, const core::Infra& desired,
                                    std::string_view project) {
  std::map<std::string, TableChange> tables;
  for (const core::InfraObject& object : registry.infra().infra_objects()) {
    if (!object.has_sqlite_table() || !IsOfProject(registry, object, project)) continue;
    tables[object.sqlite_table().name()].old_path = object.sqlite_table().path();
  }
  for (const core::InfraObject& object : desired.infra_objects()) {
    tables[object.sqlite_table().name()].new_path = object.sqlite_table().path();
  }
  std::vector<TableChange> changes;
  for (auto& [name, change] : tables) {
    if (change.old_path == change.new_path) continue;
    change.name = name;
    changes.push_back(std::move(change));
  }
  return changes;
}

void StoreInfra(core::Registry* registry, const core::Infra& desired, std::string_view project) {
  std::set<std::string_view> replaced;
  for (const core::InfraObject& object : desired.infra_objects()) {
    replaced.insert(TableName(object));
  }
  core::Infra infra = registry->infra();
  infra.clear_infra_objects();
  for (const core::InfraObject& object : registry->infra().infra_objects()) {
    if (IsOfProject(*registry, object, project) || replaced.contains(TableName(object))) continue;
    *infra.add_infra_objects() = object;
  }
  infra.MergeFrom(desired);
  *registry->mutable_infra() = std::move(infra);
}

}  // namespace feast
