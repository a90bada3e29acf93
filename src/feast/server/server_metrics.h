#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/clock.h"
#include "feast/config/feature_server_settings.h"
#include "feast/ingest/ingest.h"
#include "feast/metrics/metrics.h"
#include "feast/net/event_loop.h"
#include "feast/online/cache/row_cache.h"
#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/server/read_shape.h"
#include "feast/serving_log/log_counts.h"

namespace feast {

/// Where a request came in.
enum class Transport { kHttp, kGrpc };

/// The feature server's metrics, by upstream's names (wire.md §1.11); a family that is switched off
/// is not kept.
///
/// Thread-safe. Borrows all but the settings. What reads count is found in the memory of their
/// event loop: on one, counting them takes no lock and allocates nothing.
class ServerMetrics {
 public:
  ServerMetrics(ServerMetricsSettings settings, Registry& registry, std::string project,
                const Clock& clock, std::function<OnlineCacheStats()> cache_stats = {},
                std::function<FeatureLogCounts()> log_counts = {});

  /// A request has come in, and has been answered: what is between is in flight.
  void Began(Transport transport);
  void Ended(Transport transport);
  /// One answer over HTTP.
  void Responded(int http_status);
  /// One answer of an endpoint that is no read.
  void Answered(std::string_view endpoint, bool success, double seconds);
  /// What `request` to `endpoint` asks for and counts into.
  std::shared_ptr<const ReadShape> ShapeOf(std::string_view endpoint, const OnlineRequest& request);
  /// One read that was answered, and how the values were found.
  void Read(const ReadShape& shape, size_t rows, const OnlineResponse& response);
  void Pushed(const std::string& source, std::string_view mode);
  /// One run of an on-demand view on rows that are written.
  void WriteTransformed(const TransformTime& time);
  /// One view, which is one retrieval from the offline store as well: rows are written while they
  /// are read.
  void Materialized(const std::string& view, bool success, double seconds, int64_t rows);
  /// Notes each view of one run; the last one that is begun and never done has failed.
  MaterializeProgress WatchMaterialization();

  /// Prometheus' text, with the process and the freshness of views as they are now.
  std::string Expose();

 private:
  void Retrieved(bool success, double seconds, int64_t rows);
  void ObserveTransform(const std::string& metric, const TransformTime& time);
  /// Calls `use` with the memory of this thread's event loop, or with the one that all others
  /// share.
  template <typename Use>
  auto WithSeen(const Use& use);
  EndpointCounts CountsOf(std::string_view endpoint, const std::string& features,
                          const std::string& views);
  void SetInFlight();
  void SetRegistry();
  void SetProcessGauges();
  void SetFreshness();
  void SetCache();
  void SetFeatureLog();
  /// Shows a number that somebody else counts.
  void SetTotal(const std::string& name, const std::string& help, const MetricLabels& labels,
                uint64_t total);

  const ServerMetricsSettings settings_;
  Registry& registry_;
  const std::string project_;
  const Clock& clock_;
  const std::function<OnlineCacheStats()> cache_stats_;
  const std::function<FeatureLogCounts()> log_counts_;
  Metrics metrics_;
  // What every read counts, without a search; null: switched off.
  Counter* reads_ = nullptr;
  Histogram* entity_rows_ = nullptr;
  Histogram* feature_count_ = nullptr;
  Histogram* store_seconds_ = nullptr;
  std::array<Counter, 2> begun_;  // by transport
  std::array<Counter, 2> ended_;
  const uint64_t seen_key_ = EventLoop::NewKey();
  std::mutex seen_mutex_;
  SeenRequests seen_;  // guarded by seen_mutex_: of threads without an event loop
  std::mutex mutex_;
  double cpu_seconds_ = 0;                         // guarded by mutex_: at the last scrape
  std::chrono::steady_clock::time_point scraped_;  // guarded by mutex_
};

/// "0", "1-10", …, "201+" for the bounds 10, 50, 200.
std::string BinFeatureCount(size_t count, const std::vector<int64_t>& bounds);

}  // namespace feast
