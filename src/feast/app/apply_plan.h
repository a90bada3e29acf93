#pragma once
#include <optional>
#include <string>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/config/repo_config.h"
#include "feast/online/online_store.h"
#include "feast/registry/apply.h"
#include "feast/registry/infra.h"

namespace feast {

/// What an apply did, or a plan would do.
struct ApplyReport {
  std::vector<ObjectChange> changes;
  std::vector<std::string> tables_created;  ///< views whose online table is new
  std::vector<std::string> tables_dropped;
  /// The same as SQLite's tables, where the registry records them (provider local).
  std::optional<std::vector<TableChange>> sqlite_tables;
};

/// All of an apply, worked out from one registry state: what changes, the registry afterwards, and
/// what the online store has to do.
///
/// `next` still records the tables in `tables.drop`, so that an apply that dies before it has
/// dropped them leaves a note of them, and the next one finishes the job (see DropOrphans).
struct ApplyPlan {
  ApplyReport report;
  core::Registry next;
  InfrastructureChange tables;
};

/// Pure.
Result<ApplyPlan> PlanApply(const core::Registry& current, const core::Registry& desired,
                            const ApplyOptions& options, const RepoConfig& config, Micros now);

/// Every online table of the project: of its feature, stream and label views, and of on-demand
/// views that are written.
Result<std::vector<std::shared_ptr<const OnlineTable>>> OnlineTablesOf(
    const core::Registry& registry, const RepoConfig& config);

/// Drops those of `tables` that still belong to no view, and takes them off the registry's record.
/// To be run inside a registry mutation, so that no view of that name can appear meanwhile.
Status DropOrphans(const CallContext& context, const RepoConfig& config,
                   const std::vector<std::shared_ptr<const OnlineTable>>& tables,
                   OnlineStore* online, core::Registry* registry);

}  // namespace feast
