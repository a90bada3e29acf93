#include "feast/app/feature_store.h"

#include "feast/app/on_demand_rows.h"
#include "feast/app/online_store_types.h"
#include "feast/app/python_workers.h"
#include "feast/registry/file/file_registry.h"
#include "feast/registry/serving_registry.h"

namespace feast {
namespace {

RetrievalOptions RetrievalOptionsFrom(const RepoConfig& config) {
  RetrievalOptions options;
  options.resolve = ResolveOptionsFrom(config);
  options.entity_key_version = config.entity_key_serialization_version;
  options.drop_python_full_names = !config.python_full_names;
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

OnDemandWrites OnDemandWritesOf(FeatureStore& store, Transformer* serving) {
  OnDemandWrites writes;
  writes.serving = serving;
  writes.batch = store.batch_transformer();
  writes.source_rows = [&store](const CallContext& context, const core::OnDemandFeatureView& view,
                                Micros start, Micros end) {
    return OnDemandSourceRows(store, context, view, start, end);
  };
  return writes;
}

}  // namespace

ResolveOptions ResolveOptionsFrom(const RepoConfig& config) {
  ResolveOptions options;
  options.project = config.project;
  options.versioning = config.enable_online_feature_view_versioning;
  return options;
}

FeatureStore::FeatureStore(RepoConfig config, const Clock& clock)
    : config_(std::move(config)), clock_(clock) {}

Result<std::unique_ptr<FeatureStore>> FeatureStore::Open(RepoConfig config, StoreUse use,
                                                         const Clock& clock) {
  std::unique_ptr<FeatureStore> store(new FeatureStore(std::move(config), clock));
  FEAST_RETURN_IF_ERROR(store->OpenRegistry(use));
  FEAST_RETURN_IF_ERROR(store->OpenOnlineStore(use));
  store->transformer_ = MakePythonWorkers(store->config_, WorkerUse::kServing);
  store->batch_transformer_ = MakePythonWorkers(store->config_, WorkerUse::kTraining);
  store->retriever_ = std::make_unique<OnlineRetriever>(
      *store->registry_, store->online_.get(), store->transformer_.get(), store->authorizer_, clock,
      RetrievalOptionsFrom(store->config_));
  IngestOptions options;
  options.project = store->config_.project;
  options.entity_key_version = store->config_.entity_key_serialization_version;
  options.versioning = store->config_.enable_online_feature_view_versioning;
  options.write_rows = store->config_.online_write_batch_size;
  store->ingest_ = std::make_unique<Ingest>(
      *store->registry_, store->online_.get(), [s = store.get()] { return s->offline_store(); },
      store->authorizer_, clock, std::move(options),
      OnDemandWritesOf(*store, store->transformer_.get()));
  return store;
}

Status FeatureStore::OpenRegistry(StoreUse use) {
  if (config_.registry_type != "file") {
    return Status::InvalidArgument(config_.file + ": registry.registry_type '" +
                                       config_.registry_type + "' is not known; known is: file",
                                   ErrorKind::kFeastConfigError);
  }
  FEAST_ASSIGN_OR_RETURN(registry_, OpenFileRegistry(config_.repo_path / config_.registry_path,
                                                     config_.registry_cache_ttl_seconds,
                                                     CacheModeOf(config_), clock_));
  if (use == StoreUse::kServing) {
    registry_ = std::make_unique<ServingRegistry>(std::move(registry_));
  }
  return Status::OK();
}

Status FeatureStore::OpenOnlineStore(StoreUse use) {
  if (config_.online_store_type.empty()) return Status::OK();
  std::string known;
  for (const OnlineStoreType* type : BuiltInOnlineStores()) {
    if (type->name == config_.online_store_type) {
      OnlineStoreEnv env;
      env.repo_path = config_.repo_path;
      env.config_file = config_.file;
      env.project = config_.project;
      env.entity_key_version = config_.entity_key_serialization_version;
      env.host_time_zone = config_.sqlite_host_time_zone;
      env.clock = &clock_;
      FEAST_ASSIGN_OR_RETURN(online_, type->open(config_.online_store, env));
      if (use == StoreUse::kServing) PutCacheInFront();
      return Status::OK();
    }
    known += (known.empty() ? "" : ", ") + std::string(type->name);
  }
  return Status::InvalidArgument(config_.file + ": online_store.type '" +
                                     config_.online_store_type +
                                     "' is not known; known are: " + known,
                                 ErrorKind::kFeastOnlineStoreInvalidName);
}

void FeatureStore::PutCacheInFront() {
  const ServerCacheSettings& settings = config_.server_limits.cache;
  if (!settings.enabled()) return;
  const auto micros = [](double seconds) {
    return static_cast<Micros>(seconds * kMicrosPerSecond);
  };
  OnlineCacheOptions options;
  options.ttl = micros(settings.ttl_seconds);
  for (const auto& [view, seconds] : settings.view_seconds) {
    options.view_ttl[view] = micros(seconds);
  }
  options.max_bytes = static_cast<uint64_t>(settings.max_megabytes) << 20;
  auto cache = std::make_unique<CachingStore>(std::move(online_), std::move(options), clock_);
  cache_ = cache.get();
  online_ = std::move(cache);
}

Status FeatureStore::OpenOffline(const std::string& type, const Setting& options,
                                 std::unique_ptr<OfflineStore>* store) {
  const std::lock_guard lock(offline_mutex_);
  if (*store) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(BatchModule * module, OpenBatchModule());
  FEAST_ASSIGN_OR_RETURN(*store, module->OpenOfflineStore(type, options, OfflineEnv()));
  return Status::OK();
}

OfflineStoreEnv FeatureStore::OfflineEnv() const {
  return {config_.repo_path.string(), config_.file, &config_.native};
}

Result<OfflineStore*> FeatureStore::offline_store() {
  FEAST_RETURN_IF_ERROR(OpenOffline(config_.offline_store_type, config_.offline_store, &offline_));
  return offline_.get();
}

Result<OfflineStore*> FeatureStore::log_store(const core::LoggingConfig& destination) {
  if (!destination.has_file_destination()) return offline_store();
  FEAST_RETURN_IF_ERROR(OpenOffline("file", Setting(), &file_logs_));
  return file_logs_.get();
}

Result<Staging> FeatureStore::staging() const {
  SettingsReader reader(config_.file, "offline_store", config_.offline_store);
  return ReadStaging(reader);
}

Result<std::vector<std::string>> FeatureStore::ExportRows(const CallContext& context,
                                                          OwnedStream rows) {
  FEAST_ASSIGN_OR_RETURN(const Staging where, staging());
  if (where.location.empty()) {
    return Status::FailedPrecondition(config_.file + ": offline_store.staging_location is not set");
  }
  FEAST_ASSIGN_OR_RETURN(BatchModule * module, OpenBatchModule());
  return module->ExportRows(context, OfflineEnv(), where, std::move(rows));
}

Result<ApplyReport> FeatureStore::Plan(const core::Registry& desired, const ApplyOptions& options) {
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, registry_->Refresh());
  FEAST_ASSIGN_OR_RETURN(ApplyPlan plan,
                         PlanApply(snapshot->proto(), desired, options, config_, clock_.Now()));
  return std::move(plan.report);
}

Result<ApplyReport> FeatureStore::Apply(const CallContext& context, const core::Registry& desired,
                                        const ApplyOptions& options) {
  ApplyPlan plan;
  // 1. New tables come before the commit: a registry never names a table that is not there.
  FEAST_RETURN_IF_ERROR(registry_->Mutate(context, [&](core::Registry* registry) -> Status {
    FEAST_ASSIGN_OR_RETURN(plan, PlanApply(*registry, desired, options, config_, clock_.Now()));
    registry->Swap(&plan.next);
    if (!online_) return Status::OK();
    return online_->UpdateInfrastructure(context, {plan.tables.keep, {}});
  }));
  if (!online_ || plan.tables.drop.empty()) return std::move(plan.report);
  // 2. Old tables go after it: a failed commit has taken nothing away.
  const Status dropped = registry_->Mutate(context, [&](core::Registry* registry) {
    return DropOrphans(context, config_, plan.tables.drop, online_.get(), registry);
  });
  FEAST_RETURN_IF_ERROR(dropped.Annotate(
      "the registry is updated, but old online tables could not be removed; apply again to "
      "remove them"));
  return std::move(plan.report);
}

Status FeatureStore::Teardown(const CallContext& context) {
  FEAST_ASSIGN_OR_RETURN(auto snapshot, registry_->Refresh());
  FEAST_ASSIGN_OR_RETURN(auto tables, OnlineTablesOf(snapshot->proto(), config_));
  if (online_) FEAST_RETURN_IF_ERROR(online_->Teardown(context, tables));
  return registry_->Teardown();
}

}  // namespace feast
