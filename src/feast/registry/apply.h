#pragma once
#include <string>
#include <utility>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

enum class ChangeKind { kCreate, kUpdate, kDelete, kUnchanged };

/// One object of a plan: what happens to it.
struct ObjectChange {
  ChangeKind change = ChangeKind::kUnchanged;
  std::string kind;  ///< as printed: "entity", "feature view", "on demand feature view", …
  std::string name;
  std::vector<std::string> fields;  ///< differing spec fields of an update: "ttl: 1h -> 2h" style
};

struct ApplyOptions {
  std::string project;
  bool partial = true;               ///< false: what is not in `desired` is deleted (`feast apply`)
  bool no_promote = false;           ///< new versions of views are saved, not made current
  bool allow_case_variants = false;  ///< view names that differ in case only are let through
  /// (kind, name) of objects that are removed after `desired` was applied, in the same commit.
  std::vector<std::pair<std::string, std::string>> removals = {};
};

/// The difference between what is registered and `desired` (storage.md §4.8), in upstream's order
/// of kinds. Validates names and conflicts (§4.7). Pure.
Result<std::vector<ObjectChange>> PlanChanges(const RegistrySnapshot& current,
                                              const core::Registry& desired,
                                              const ApplyOptions& options);

/// Applies `desired` to `registry` in place with the merge rules of storage.md §4.5–4.6: created
/// times, materialization intervals, versions and their history. `now` stamps the change. Pure; on
/// failure `registry` must be thrown away.
Status ApplyChanges(core::Registry* registry, const core::Registry& desired,
                    const std::vector<ObjectChange>& changes, const ApplyOptions& options,
                    Micros now);

/// Removes one object by kind and name. NotFound with upstream's kind.
Status DeleteObject(core::Registry* registry, std::string_view project, std::string_view kind,
                    std::string_view name);

/// Records a finished materialization of a feature or stream view; sets AVAILABLE_ONLINE.
Status RecordMaterialization(core::Registry* registry, std::string_view project,
                             std::string_view view, Micros start, Micros end, Micros now);

}  // namespace feast
