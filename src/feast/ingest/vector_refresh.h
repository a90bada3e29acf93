#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/codec/feature_vector.h"
#include "feast/online/online_store.h"
#include "feast/references/precomputed.h"

namespace feast {

/// What is stored of each precomputed feature service, with everything about it that no write
/// changes: made once a registry generation. Immutable, thread-safe.
class VectorPlans {
 public:
  struct View {
    std::shared_ptr<const OnlineTable> table;
    SharedList<std::string> features;
  };
  struct Plan {
    std::string service;
    std::shared_ptr<const OnlineTable> vectors;
    std::vector<View> views;
    FeatureVectorCodec codec;
  };

  VectorPlans(const RegistrySnapshot& snapshot, const ResolveOptions& options);

  uint64_t generation() const { return generation_; }
  const std::vector<Plan>& plans() const { return plans_; }

 private:
  uint64_t generation_;
  std::vector<Plan> plans_;
};

/// Writes the vectors of precomputed feature services (storage.md §7.6) from the rows that the
/// online store has.
///
/// A vector's event time is taken before its rows are read, so of two that are written at once the
/// one that saw more stays. Thread-compatible; borrows store and clock. Holds the keys noted since
/// the last flush, at most about `kMaxKeys`.
class VectorRefresh {
 public:
  static constexpr size_t kMaxKeys = size_t{1} << 18;

  VectorRefresh(OnlineStore& store, const Clock& clock, std::shared_ptr<const VectorPlans> plans);

  /// Whether rows of that table are part of a vector.
  bool Covers(const OnlineTable& table) const;
  /// Rows were written: the vectors of their entities are due. Flushes when many have come
  /// together.
  Status Wrote(const CallContext& context, const WriteBatch& batch);
  /// Writes the vectors that are due. An error names the service; its vectors stay due.
  Status Flush(const CallContext& context);
  /// Writes the vector of every entity that any view of the service has, and says how many.
  /// InvalidArgument when no vectors are kept of a service of that name; Unimplemented when the
  /// store cannot list its keys.
  Result<int64_t> WriteAll(const CallContext& context, const std::string& service);

 private:
  Status FlushService(const CallContext& context, size_t service);
  /// Leaves out keys that have a row in one of the first `passed` tables; returns the vectors
  /// written.
  Result<int64_t> WriteVectors(const CallContext& context, const VectorPlans::Plan& plan,
                               const std::vector<std::string>& keys, size_t passed = 0);

  OnlineStore* store_;
  const Clock* clock_;
  std::shared_ptr<const VectorPlans> plans_;
  std::vector<std::unordered_set<std::string>> due_;  ///< keys of each plan's service
};

}  // namespace feast
