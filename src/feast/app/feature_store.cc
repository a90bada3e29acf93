#include "feast/app/feature_store.h"

#include <set>

#include "feast/app/online_store_types.h"
#include "feast/app/python_workers.h"
#include "feast/ingest/row_encoder.h"
#include "feast/offline/batch_module.h"
#include "feast/registry/file/file_registry.h"
#include "feast/registry/infra.h"

namespace feast {
namespace {

// The stored tables of a project by name: feature, stream and label views that are served online,
// and on-demand views that are written.
Result<std::vector<std::shared_ptr<const OnlineTable>>> TablesOf(const RegistrySnapshot& registry,
                                                                 const std::string& project) {
  std::vector<std::shared_ptr<const OnlineTable>> tables;
  const auto add = [&](const auto& views) -> Status {
    for (const auto& view : views) {
      if (view.spec().project() != project) continue;
      FEAST_ASSIGN_OR_RETURN(ViewFacts facts, FactsOf(view));
      tables.push_back(TableOf(facts, project, 0));
    }
    return Status::OK();
  };
  FEAST_RETURN_IF_ERROR(add(registry.proto().feature_views()));
  FEAST_RETURN_IF_ERROR(add(registry.proto().stream_feature_views()));
  FEAST_RETURN_IF_ERROR(add(registry.proto().label_views()));
  for (const auto& view : registry.proto().on_demand_feature_views()) {
    if (view.spec().project() != project || !view.spec().write_to_online_store()) continue;
    FEAST_ASSIGN_OR_RETURN(ViewFacts facts, FactsOf(view));
    tables.push_back(TableOf(facts, project, 0));
  }
  return tables;
}

std::set<std::string> ViewNames(const std::vector<std::shared_ptr<const OnlineTable>>& tables) {
  std::set<std::string> names;
  for (const auto& table : tables) names.insert(table->view);
  return names;
}

RetrievalOptions RetrievalOptionsFrom(const RepoConfig& config) {
  RetrievalOptions options;
  options.project = config.project;
  options.entity_key_version = config.entity_key_serialization_version;
  options.versioning = config.enable_online_feature_view_versioning;
  options.serve_while_materializing = config.serve_features_while_materializing;
  switch (config.online_ttl) {
    case OnlineTtl::kFlag:
      options.ttl = RetrievalOptions::Ttl::kFlag;
      break;
    case OnlineTtl::kEnforce:
      options.ttl = RetrievalOptions::Ttl::kEnforce;
      break;
    case OnlineTtl::kIgnore:
      options.ttl = RetrievalOptions::Ttl::kIgnore;
      break;
  }
  return options;
}

RegistryCacheMode CacheModeOf(const RepoConfig& config) {
  const Setting* mode = config.registry.Find("cache_mode");
  return mode && mode->text == "thread" ? RegistryCacheMode::kThread : RegistryCacheMode::kSync;
}

Status CheckAuthType(const RepoConfig& config) {
  if (config.auth_type == "no_auth") return Status::OK();
  return Status::Unimplemented(config.file + ": auth.type '" + config.auth_type +
                               "' is not supported yet; only no_auth is. Refusing to run without "
                               "the protection that the file asks for.");
}

}  // namespace

FeatureStore::FeatureStore(RepoConfig config, const Clock& clock)
    : config_(std::move(config)), clock_(clock) {}

Result<std::unique_ptr<FeatureStore>> FeatureStore::Open(RepoConfig config, const Clock& clock) {
  FEAST_RETURN_IF_ERROR(CheckAuthType(config));
  std::unique_ptr<FeatureStore> store(new FeatureStore(std::move(config), clock));
  FEAST_RETURN_IF_ERROR(store->OpenRegistry());
  FEAST_RETURN_IF_ERROR(store->OpenOnlineStore());
  store->transformer_ = MakePythonWorkers(store->config_, WorkerUse::kServing);
  store->retriever_ = std::make_unique<OnlineRetriever>(
      *store->registry_, store->online_.get(), store->transformer_.get(), store->authorizer_, clock,
      RetrievalOptionsFrom(store->config_));
  IngestOptions options;
  options.project = store->config_.project;
  options.entity_key_version = store->config_.entity_key_serialization_version;
  options.versioning = store->config_.enable_online_feature_view_versioning;
  store->ingest_ = std::make_unique<Ingest>(
      *store->registry_, store->online_.get(), [s = store.get()] { return s->offline_store(); },
      store->authorizer_, clock, std::move(options));
  return store;
}

Status FeatureStore::OpenRegistry() {
  if (config_.registry_type != "file") {
    return Status::Unimplemented(config_.file + ": registry_type '" + config_.registry_type +
                                 "' is not supported yet; only file is");
  }
  FEAST_ASSIGN_OR_RETURN(registry_, OpenFileRegistry(config_.repo_path / config_.registry_path,
                                                     config_.registry_cache_ttl_seconds,
                                                     CacheModeOf(config_), clock_));
  return Status::OK();
}

Status FeatureStore::OpenOnlineStore() {
  if (config_.online_store_type.empty()) return Status::OK();
  std::string known;
  for (const OnlineStoreType* type : BuiltInOnlineStores()) {
    if (type->name == config_.online_store_type) {
      OnlineStoreEnv env;
      env.repo_path = config_.repo_path;
      env.config_file = config_.file;
      env.project = config_.project;
      env.clock = &clock_;
      FEAST_ASSIGN_OR_RETURN(online_, type->open(config_.online_store, env));
      return Status::OK();
    }
    known += (known.empty() ? "" : ", ") + std::string(type->name);
  }
  return Status::InvalidArgument(config_.file + ": online_store.type '" +
                                     config_.online_store_type +
                                     "' is not known; known are: " + known,
                                 ErrorKind::kFeastOnlineStoreInvalidName);
}

Result<OfflineStore*> FeatureStore::offline_store() {
  const std::lock_guard lock(offline_mutex_);
  if (!offline_) {
    FEAST_ASSIGN_OR_RETURN(BatchModule * module, OpenBatchModule());
    OfflineStoreEnv env;
    env.repo_path = config_.repo_path.string();
    env.config_file = config_.file;
    FEAST_ASSIGN_OR_RETURN(
        offline_, module->OpenOfflineStore(config_.offline_store_type, config_.offline_store, env));
  }
  return offline_.get();
}

Result<InfrastructureChange> FeatureStore::TablesFor(const RegistrySnapshot& before,
                                                     const RegistrySnapshot& after) const {
  InfrastructureChange change;
  FEAST_ASSIGN_OR_RETURN(change.keep, TablesOf(after, config_.project));
  FEAST_ASSIGN_OR_RETURN(auto old_tables, TablesOf(before, config_.project));
  const std::set<std::string> kept = ViewNames(change.keep);
  for (auto& table : old_tables) {
    if (!kept.contains(table->view)) change.drop.push_back(std::move(table));
  }
  return change;
}

Result<ApplyReport> FeatureStore::Plan(const core::Registry& desired, const ApplyOptions& options) {
  FEAST_ASSIGN_OR_RETURN(auto before, registry_->Refresh());
  ApplyReport report;
  FEAST_ASSIGN_OR_RETURN(report.changes, PlanChanges(*before, desired, options));
  core::Registry next = before->proto();
  FEAST_RETURN_IF_ERROR(ApplyChanges(&next, desired, report.changes, options, clock_.Now()));
  report.sqlite_tables = RecordInfra(&next);
  const auto after = RegistrySnapshot::Make(std::move(next));
  FEAST_ASSIGN_OR_RETURN(InfrastructureChange change, TablesFor(*before, *after));
  FEAST_ASSIGN_OR_RETURN(auto old_tables, TablesOf(*before, config_.project));
  const std::set<std::string> old_names = ViewNames(old_tables);
  for (const auto& table : change.keep) {
    if (!old_names.contains(table->view)) report.tables_created.push_back(table->view);
  }
  for (const auto& table : change.drop) report.tables_dropped.push_back(table->view);
  return report;
}

Result<ApplyReport> FeatureStore::Apply(const CallContext& context, const core::Registry& desired,
                                        const ApplyOptions& options) {
  FEAST_ASSIGN_OR_RETURN(ApplyReport report, Plan(desired, options));
  // The tables to drop are those of views that this very commit removes, so they are found inside
  // it.
  InfrastructureChange change;
  FEAST_RETURN_IF_ERROR(registry_->Mutate(context, [&](core::Registry* registry) -> Status {
    const auto before = RegistrySnapshot::Make(*registry);
    FEAST_ASSIGN_OR_RETURN(report.changes, PlanChanges(*before, desired, options));
    FEAST_RETURN_IF_ERROR(ApplyChanges(registry, desired, report.changes, options, clock_.Now()));
    const auto after = RegistrySnapshot::Make(*registry);
    FEAST_ASSIGN_OR_RETURN(change, TablesFor(*before, *after));
    if (!online_) return Status::OK();
    report.sqlite_tables = RecordInfra(registry);
    // Created before the commit, so that a registry never names a table that is not there.
    InfrastructureChange create;
    create.keep = change.keep;
    return online_->UpdateInfrastructure(context, create);
  }));
  if (online_ && !change.drop.empty()) {
    change.keep.clear();
    FEAST_RETURN_IF_ERROR(online_->UpdateInfrastructure(context, change)
                              .Annotate("the registry is updated, but removing old tables failed"));
  }
  return report;
}

// What upstream's plan compares with, and how it changed; upstream keeps it for its local provider
// only.
std::optional<InfraDiff> FeatureStore::RecordInfra(core::Registry* registry) const {
  if (config_.online_store_type != "sqlite" || config_.provider != "local") return std::nullopt;
  const Setting* path = config_.online_store.Find("path");
  const auto file = config_.repo_path / (path ? path->text : "data/online.db");
  const std::string absolute = std::filesystem::absolute(file).lexically_normal().string();
  const core::Infra desired = InfraFor(*registry, config_.project, absolute,
                                       config_.enable_online_feature_view_versioning);
  InfraDiff diff = DiffInfra(registry->infra(), desired, config_.project);
  StoreInfra(registry, desired, config_.project);
  return diff;
}

Status FeatureStore::Teardown(const CallContext& context) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_->Refresh());
  FEAST_ASSIGN_OR_RETURN(auto tables, TablesOf(*snapshot, config_.project));
  if (online_) FEAST_RETURN_IF_ERROR(online_->Teardown(context, tables));
  return registry_->Teardown();
}

}  // namespace feast
