#pragma once
#include <map>
#include <memory>
#include <string>

#include "feast/base/clock.h"
#include "feast/online/cache/row_cache.h"
#include "feast/online/online_store.h"

namespace feast {

/// How long rows may be answered from memory; 0: not at all.
struct OnlineCacheOptions {
  Micros ttl = 0;                          ///< of views that are not named
  std::map<std::string, Micros> view_ttl;  ///< by the view's own name
  uint64_t max_bytes = uint64_t{64} << 20;

  Micros TtlOf(const std::string& view) const;
};

/// An online store that remembers rows, found or not, and lets requests that read the same row at
/// the same time share one read.
///
/// Thread-safe. What is written through it is forgotten at once. A shared read that fails is
/// repeated by everybody who waited, under their own deadlines.
class CachingStore final : public OnlineStore {
 public:
  CachingStore(std::unique_ptr<OnlineStore> store, OnlineCacheOptions options, const Clock& clock);

  std::string_view type() const override { return store_->type(); }
  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override;
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override;
  Status UpdateInfrastructure(const CallContext& context,
                              const InfrastructureChange& change) override;
  Status Teardown(const CallContext& context,
                  std::span<const std::shared_ptr<const OnlineTable>> tables) override;
  OnlineStore& uncached() override { return *store_; }
  KeyScanner* key_scanner() override { return store_->key_scanner(); }

  OnlineCacheStats stats() const { return rows_.stats(); }
  /// For after writes of other processes.
  void ForgetAll() { rows_.ForgetAll(); }

 private:
  class Request;
  std::string PrefixOf(const std::string& table, const SharedList<std::string>& features);

  const OnlineCacheOptions options_;
  RowCache rows_;
  std::mutex mutex_;
  /// Each list of features that a table was read for, as a prefix of the keys of its rows.
  std::map<std::string, std::map<std::vector<std::string>, std::string>> prefixes_;  // guarded
  uint64_t prefix_count_ = 0;                                                        // guarded
  // Last: its callbacks use all of the above.
  const std::unique_ptr<OnlineStore> store_;
};

}  // namespace feast
