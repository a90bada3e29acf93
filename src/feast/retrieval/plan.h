#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "feast/base/result.h"
#include "feast/codec/entity_key.h"
#include "feast/codec/feature_vector.h"
#include "feast/online/online_store.h"
#include "feast/references/resolve.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// One read of a plan: a view with everything about it that no request changes.
struct PlannedView {
  ResolvedView view;
  std::shared_ptr<const OnlineTable> table;
  std::vector<std::string> request_columns;  ///< of each join key: its column in the request
  std::optional<EntityKeyEncoder> encoder;
  SharedList<std::string> feature_names;  ///< what the store is asked for
  std::vector<std::string> column_names;  ///< what the answer calls them
  bool entityless = false;
  size_t keys_of =
      0;  ///< the first view with the same keys for every request: its own or an earlier
};

/// Where a service's vectors are, and how they are read.
struct PlannedVector {
  std::shared_ptr<const OnlineTable> table;
  SharedList<std::string> features;  ///< of that table: the vector
  FeatureVectorCodec codec;
};

/// Everything about a request that depends on definitions alone: compiled once per registry
/// generation. Immutable, thread-safe.
struct OnlinePlan {
  std::vector<PlannedView> views;
  std::optional<PlannedVector> vector;  ///< of a precomputed service: read instead of the views
  std::vector<ResolvedTransform> transforms;
  std::unordered_map<std::string, ValueType> request_data;
  std::unordered_map<std::string, ValueType> join_keys;           ///< request column → type
  std::unordered_map<std::string, std::string> entity_join_keys;  ///< entity name → join key
  std::vector<std::string>
      expected_keys;  ///< all join keys of the project, sorted, without the dummy
  std::vector<Resource> resources;
  bool full_names = false;
};

/// VersionedOnlineReadNotSupported for a pinned view when stores of `store_type` keep no versions.
Result<std::shared_ptr<const OnlinePlan>> CompilePlan(const RegistrySnapshot& snapshot,
                                                      const RetrievalOptions& options,
                                                      std::string_view store_type,
                                                      const OnlineRequest& request);

/// The plans used last, by references or service, flags and registry generation. Thread-safe.
class PlanCache {
 public:
  explicit PlanCache(size_t capacity) : capacity_(capacity) {}

  static std::string KeyOf(uint64_t generation, const OnlineRequest& request);
  std::shared_ptr<const OnlinePlan> Find(const std::string& key);
  void Put(const std::string& key, std::shared_ptr<const OnlinePlan> plan);

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const OnlinePlan>>;
  const size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> order_;                                             // guarded by mutex_
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;  // guarded by mutex_
};

}  // namespace feast
