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

/// What has to be done in the database to get from one infra to the other.
struct InfraDiff {
  std::vector<core::SqliteTable> create;  ///< includes moved tables, at their new path
  std::vector<core::SqliteTable> drop;    ///< includes moved tables, at their old path
};

/// Compares the tables of `project`, by name. A table whose path changed is dropped there and
/// created here (upstream forgets to create it). Pure.
InfraDiff DiffInfra(const core::Infra& current, const core::Infra& desired,
                    std::string_view project);

/// Puts `desired` in place of the project's infra objects and keeps those of other projects
/// (upstream forgets them).
void StoreInfra(core::Registry* registry, const core::Infra& desired, std::string_view project);

}  // namespace feast
