#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "feast/app/apply_plan.h"
#include "feast/auth/authorize.h"
#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/config/repo_config.h"
#include "feast/ingest/ingest.h"
#include "feast/offline/batch_module.h"
#include "feast/offline/offline_store.h"
#include "feast/online/cache/caching_store.h"
#include "feast/online/online_store.h"
#include "feast/registry/apply.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/transform/transformer.h"

namespace feast {

/// Who opens a repository: callers see what registry and store have now; a server reads the
/// registry in the background, and may answer from memory for as long as `native.server.cache`
/// says.
enum class StoreUse { kCalls, kServing };

/// What references mean under that configuration.
ResolveOptions ResolveOptionsFrom(const RepoConfig& config);

/// A repository, opened: feature_store.yaml turned into registry, stores and the two engines.
///
/// Thread-safe. The command, the Python package and the servers all work through one of these. The
/// offline store is opened (and the batch module loaded) when first asked for.
class FeatureStore {
 public:
  /// Opens everything the configuration names. Errors name the file, key and what is allowed.
  static Result<std::unique_ptr<FeatureStore>> Open(RepoConfig config,
                                                    StoreUse use = StoreUse::kCalls,
                                                    const Clock& clock = SystemClock());

  const RepoConfig& config() const { return config_; }
  const Clock& clock() const { return clock_; }
  Registry& registry() { return *registry_; }
  OnlineStore* online_store() { return online_.get(); }
  /// The memory in front of the online store; null when there is none.
  CachingStore* online_cache() { return cache_; }
  OnlineRetriever& retriever() { return *retriever_; }
  Ingest& ingest() { return *ingest_; }
  const Authorizer& authorizer() const { return authorizer_; }
  Result<OfflineStore*> offline_store();
  /// Where logs with that destination are written and read: files whatever the offline store is,
  /// all else in the offline store.
  Result<OfflineStore*> log_store(const core::LoggingConfig& destination);
  /// What `offline_store` says about results that others fetch.
  Result<Staging> staging() const;
  /// Writes rows there, see BatchModule. FailedPrecondition if there is no such place.
  Result<std::vector<std::string>> ExportRows(const CallContext& context, OwnedStream rows);
  /// Runs on-demand views over tables of any size; null where no Python was found.
  Transformer* batch_transformer() { return batch_transformer_.get(); }

  /// Makes the registry hold `desired` (storage.md §4.8): creates online tables, commits once,
  /// drops tables of views that are gone. A failure before the commit leaves registry and tables in
  /// use as they were; after any interruption applying again finishes the job.
  Result<ApplyReport> Apply(const CallContext& context, const core::Registry& desired,
                            const ApplyOptions& options);
  /// The same without doing it.
  Result<ApplyReport> Plan(const core::Registry& desired, const ApplyOptions& options);

  /// Drops the online tables of every view of the project and empties the registry.
  Status Teardown(const CallContext& context);

 private:
  FeatureStore(RepoConfig config, const Clock& clock);
  Status OpenRegistry(StoreUse use);
  Status OpenOnlineStore(StoreUse use);
  Status OpenOffline(const std::string& type, const Setting& options,
                     std::unique_ptr<OfflineStore>* store);
  OfflineStoreEnv OfflineEnv() const;
  void PutCacheInFront();

  const RepoConfig config_;
  const Clock& clock_;
  NoAuthorizer authorizer_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<OnlineStore> online_;
  CachingStore* cache_ = nullptr;  ///< what online_ is, if it caches
  std::mutex offline_mutex_;
  std::unique_ptr<OfflineStore> offline_;
  std::unique_ptr<OfflineStore> file_logs_;
  std::unique_ptr<Transformer> transformer_;
  std::unique_ptr<Transformer> batch_transformer_;
  std::unique_ptr<OnlineRetriever> retriever_;
  std::unique_ptr<Ingest> ingest_;
};

}  // namespace feast
