#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "feast/core/Registry.pb.h"

namespace feast {

/// The SQLite tables that a project's views need (storage.md §4.9): one per feature view and stream
/// feature view, and per online label view, sorted by name. `path` is the database's absolute path;
/// with `versioned` the tables of versions above 0 end in `_vN`. Pure.
core::Infra InfraFor(const core::Registry& registry, std::string_view project,
                     std::string_view path, bool versioned);

/// Adds one table of SQLite.
void AddTable(core::Infra* infra, std::string_view path, std::string_view name);

/// What the registry records of tables at `path` that belong to no view of `project` any more,
/// as their names without the project: a removal that did not finish, or another program's. Sorted.
/// Pure.
std::vector<std::string> OrphanedTables(const core::Registry& registry, std::string_view project,
                                        std::string_view path);

/// What becomes of one table of SQLite; a path is empty where there is none.
struct TableChange {
  std::string name;
  std::string old_path;
  std::string new_path;
};

/// From what the registry records of `project` to `desired`: the tables that come, move or go,
/// sorted by name. Pure.
std::vector<TableChange> DiffTables(const core::Registry& registry, const core::Infra& desired,
                                    std::string_view project);

/// Puts `desired` in place of the project's infra objects and keeps those of other projects
/// (upstream forgets them, and takes those of project `a_b` for tables of `a`).
void StoreInfra(core::Registry* registry, const core::Infra& desired, std::string_view project);

}  // namespace feast
