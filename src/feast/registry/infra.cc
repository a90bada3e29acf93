#include "feast/registry/infra.h"

#include <algorithm>
#include <map>

#include "feast/registry/object_kinds.h"

namespace feast {
namespace {

constexpr std::string_view kSqliteTable = "feast.infra.online_stores.sqlite.SqliteTable";

std::string_view TableName(const core::InfraObject& object) {
  return object.has_datastore_table() ? object.datastore_table().name()
                                      : object.sqlite_table().name();
}

bool IsOfProject(const core::InfraObject& object, std::string_view project) {
  return TableName(object).starts_with(std::string(project) + "_");
}

std::map<std::string, core::SqliteTable> TablesOf(const core::Infra& infra,
                                                  std::string_view project) {
  std::map<std::string, core::SqliteTable> tables;
  for (const core::InfraObject& object : infra.infra_objects()) {
    if (object.has_sqlite_table() && IsOfProject(object, project)) {
      tables.emplace(object.sqlite_table().name(), object.sqlite_table());
    }
  }
  return tables;
}

}  // namespace

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
  for (std::string& name : names) {
    core::InfraObject* object = infra.add_infra_objects();
    object->set_infra_object_class_type(std::string(kSqliteTable));
    object->mutable_sqlite_table()->set_path(std::string(path));
    object->mutable_sqlite_table()->set_name(std::move(name));
  }
  return infra;
}

InfraDiff DiffInfra(const core::Infra& current, const core::Infra& desired,
                    std::string_view project) {
  const auto before = TablesOf(current, project);
  const auto after = TablesOf(desired, project);
  InfraDiff diff;
  for (const auto& [name, table] : after) {
    const auto old_table = before.find(name);
    if (old_table == before.end() || old_table->second.path() != table.path()) {
      diff.create.push_back(table);
    }
  }
  for (const auto& [name, table] : before) {
    const auto new_table = after.find(name);
    if (new_table == after.end() || new_table->second.path() != table.path()) {
      diff.drop.push_back(table);
    }
  }
  return diff;
}

void StoreInfra(core::Registry* registry, const core::Infra& desired, std::string_view project) {
  core::Infra infra = registry->infra();
  infra.clear_infra_objects();
  for (const core::InfraObject& object : registry->infra().infra_objects()) {
    if (!IsOfProject(object, project)) *infra.add_infra_objects() = object;
  }
  infra.MergeFrom(desired);
  *registry->mutable_infra() = std::move(infra);
}

}  // namespace feast
