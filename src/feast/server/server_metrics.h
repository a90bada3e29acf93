#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/clock.h"
#include "feast/config/feature_server_settings.h"
#include "feast/ingest/ingest.h"
#include "feast/metrics/metrics.h"
#include "feast/online/cache/row_cache.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// What an online request asks for, as its metrics say it.
struct OnlineRequestFacts {
  /// Name of an output column, and the view it comes from.
  std::vector<std::pair<std::string, std::string>> columns;
  size_t views = 0;
};

/// The feature server's metrics, by upstream's names (wire.md §1.11); a family that is switched off
/// is not kept.
///
/// Thread-safe. Borrows all but the settings.
class ServerMetrics {
 public:
  ServerMetrics(ServerMetricsSettings settings, Registry& registry, std::string project,
                const Clock& clock, std::function<OnlineCacheStats()> cache_stats = {});

  /// One answer of any endpoint. `facts` only for reads.
  void Answered(std::string_view endpoint, bool success, double seconds,
                const OnlineRequestFacts* facts = nullptr);
  /// One read that was answered, and how the values were found.
  void Read(const OnlineRequestFacts& facts, size_t rows, const OnlineResponse& response);
  void Pushed(const std::string& source, std::string_view mode);
  /// One run of an on-demand view on rows that are written.
  void WriteTransformed(const TransformTime& time);
  /// One view, which is one retrieval from the offline store as well: rows are written while they
  /// are read.
  void Materialized(const std::string& view, bool success, double seconds, int64_t rows);
  /// Notes each view of one run; the last one that is begun and never done has failed.
  MaterializeProgress WatchMaterialization();

  /// Finds out what `request` asks for.
  OnlineRequestFacts FactsOf(const OnlineRequest& request) const;

  /// Prometheus' text, with the process and the freshness of views as they are now.
  std::string Expose();

 private:
  void Retrieved(bool success, double seconds, int64_t rows);
  void ObserveTransform(const std::string& metric, const TransformTime& time);
  void SetProcessGauges();
  void SetFreshness();
  void SetCache();

  const ServerMetricsSettings settings_;
  Registry& registry_;
  const std::string project_;
  const Clock& clock_;
  const std::function<OnlineCacheStats()> cache_stats_;
  Metrics metrics_;
  // What every read counts, without a search; null: switched off.
  Counter* reads_ = nullptr;
  Histogram* entity_rows_ = nullptr;
  Histogram* store_seconds_ = nullptr;
  std::mutex mutex_;
  OnlineCacheStats cache_;                         // guarded by mutex_: as last exposed
  double cpu_seconds_ = 0;                         // guarded by mutex_: at the last scrape
  std::chrono::steady_clock::time_point scraped_;  // guarded by mutex_
};

/// "0", "1-10", …, "201+" for the bounds 10, 50, 200.
std::string BinFeatureCount(size_t count, const std::vector<int64_t>& bounds);

}  // namespace feast
