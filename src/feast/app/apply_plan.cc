#include "feast/app/apply_plan.h"

#include <algorithm>
#include <optional>
#include <set>

#include "feast/app/feature_store.h"
#include "feast/definitions/names.h"
#include "feast/online/view_table.h"
#include "feast/references/precomputed.h"
#include "feast/registry/infra.h"
#include "feast/registry/object_kinds.h"

namespace feast {
namespace {

using Tables = std::vector<std::shared_ptr<const OnlineTable>>;

/// The database whose tables the registry records: upstream does so for its local provider only,
/// and compares with the record when it plans.
std::optional<std::string> RecordedDatabase(const RepoConfig& config) {
  if (config.online_store_type != "sqlite" || config.provider != "local") return std::nullopt;
  const Setting* path = config.online_store.Find("path");
  const auto file = config.repo_path / (path ? path->text : "data/online.db");
  return std::filesystem::absolute(file).lexically_normal().string();
}

std::set<std::string> Names(const Tables& tables) {
  std::set<std::string> names;
  for (const auto& table : tables) names.insert(table->Name());
  return names;
}

std::set<std::string> Views(const Tables& tables) {
  std::set<std::string> views;
  for (const auto& table : tables) views.insert(table->view);
  return views;
}

/// Tables of views that go, and those that an earlier apply did not come to drop.
Tables TablesToDrop(const Tables& before, const Tables& after, const core::Registry& next,
                    const RepoConfig& config) {
  const std::set<std::string> kept = Views(after);
  std::set<std::string> listed;
  Tables drop;
  for (const auto& table : before) {
    if (!kept.contains(table->view) && listed.insert(table->view).second) drop.push_back(table);
  }
  const auto database = RecordedDatabase(config);
  if (!database) return drop;
  for (const std::string& view : OrphanedTables(next, config.project, *database)) {
    const auto covers = [&](const auto& table) { return IsNameOrVersionOf(view, table->view); };
    if (std::ranges::any_of(drop, covers)) continue;
    OnlineTable table;
    table.project = config.project;
    table.view = view;
    drop.push_back(std::make_shared<const OnlineTable>(std::move(table)));
  }
  return drop;
}

/// What changed about the tables of a database that the registry records.
std::optional<std::vector<TableChange>> RecordTables(const RepoConfig& config,
                                                     const Tables& still_there,
                                                     core::Registry* registry) {
  const auto database = RecordedDatabase(config);
  if (!database) return std::nullopt;
  core::Infra infra =
      InfraFor(*registry, config.project, *database, config.enable_online_feature_view_versioning);
  auto changes = DiffTables(*registry, infra, config.project);
  for (const auto& table : still_there) {
    AddTable(&infra, *database, config.project + "_" + table->view);
  }
  StoreInfra(registry, infra, config.project);
  return changes;
}

}  // namespace

Result<Tables> OnlineTablesOf(const core::Registry& registry, const RepoConfig& config) {
  Tables tables;
  Status failure;
  ForEachViewKind([&]<typename View>() {
    for (const View& view : KindOf<View>::List(registry)) {
      if (!failure.ok() || ProjectOf(view) != config.project) continue;
      if constexpr (requires { view.spec().write_to_online_store(); }) {
        if (!view.spec().write_to_online_store()) continue;
      }
      const auto facts = FactsOf(view);
      failure = facts.status();
      if (!failure.ok()) continue;
      const int version = config.enable_online_feature_view_versioning ? facts->current_version : 0;
      tables.push_back(TableOf(*facts, config.project, version));
    }
  });
  FEAST_RETURN_IF_ERROR(failure);
  const auto precomputed = [](const auto& service) { return service.spec().precompute_online(); };
  if (std::ranges::none_of(registry.feature_services(), precomputed)) return tables;
  const auto snapshot = RegistrySnapshot::Make(registry);
  for (const auto& service : PrecomputedServices(*snapshot, ResolveOptionsFrom(config))) {
    tables.push_back(VectorTableOf(service.name, service.join_keys, config.project));
  }
  return tables;
}

Result<ApplyPlan> PlanApply(const core::Registry& current, const core::Registry& desired,
                            const ApplyOptions& options, const RepoConfig& config, Micros now) {
  ApplyPlan plan;
  const auto before = RegistrySnapshot::Make(current);
  FEAST_ASSIGN_OR_RETURN(plan.report.changes, PlanChanges(*before, desired, options));
  plan.next = current;
  FEAST_RETURN_IF_ERROR(ApplyChanges(&plan.next, desired, plan.report.changes, options, now));
  for (const auto& [kind, name] : options.removals) {
    FEAST_RETURN_IF_ERROR(DeleteObject(&plan.next, config.project, kind, name));
    plan.report.changes.push_back({ChangeKind::kDelete, kind, name, {}});
  }
  FEAST_ASSIGN_OR_RETURN(const Tables old_tables, OnlineTablesOf(current, config));
  FEAST_ASSIGN_OR_RETURN(plan.tables.keep, OnlineTablesOf(plan.next, config));
  plan.tables.drop = TablesToDrop(old_tables, plan.tables.keep, plan.next, config);
  plan.report.sqlite_tables = RecordTables(config, plan.tables.drop, &plan.next);
  const auto old_names = Names(old_tables);
  for (const auto& table : plan.tables.keep) {
    if (!old_names.contains(table->Name())) {
      plan.report.tables_created.push_back(table->VersionedView());
    }
  }
  for (const auto& table : plan.tables.drop) plan.report.tables_dropped.push_back(table->view);
  return plan;
}

Status DropOrphans(const CallContext& context, const RepoConfig& config, const Tables& tables,
                   OnlineStore* online, core::Registry* registry) {
  FEAST_ASSIGN_OR_RETURN(const Tables now, OnlineTablesOf(*registry, config));
  const std::set<std::string> taken = Views(now);
  InfrastructureChange change;
  for (const auto& table : tables) {
    if (!taken.contains(table->view)) change.drop.push_back(table);
  }
  FEAST_RETURN_IF_ERROR(online->UpdateInfrastructure(context, change));
  RecordTables(config, {}, registry);
  return Status::OK();
}

}  // namespace feast
