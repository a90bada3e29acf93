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

/// Writes the vectors of precomputed feature services (storage.md §7.6) from the rows that the
/// online store has.
///
/// A vector's event time is taken before its rows are read, so of two that are written at once the
/// one that saw more stays. Thread-compatible; borrows store and clock. Holds the keys noted since
/// the last flush, at most about `kMaxKeys`.
class VectorRefresh {
 public:
  static constexpr size_t kMaxKeys = size_t{1} << 18;

  VectorRefresh(OnlineStore& store, const Clock& clock, const RegistrySnapshot& snapshot,
                const ResolveOptions& options);

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
  struct Service {
    PrecomputedService facts;
    std::shared_ptr<const OnlineTable> vectors;
    std::vector<std::shared_ptr<const OnlineTable>> tables;  ///< a view each
    FeatureVectorCodec codec;
    std::unordered_set<std::string> due;
  };
  Status FlushService(const CallContext& context, Service* service);
  /// Leaves out keys that have a row in one of the first `passed` tables; returns the vectors
  /// written.
  Result<int64_t> WriteVectors(const CallContext& context, const Service& service,
                               const std::vector<std::string>& keys, size_t passed = 0);

  OnlineStore* store_;
  const Clock* clock_;
  std::vector<Service> services_;
};

}  // namespace feast
