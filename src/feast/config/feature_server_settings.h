#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/config/settings.h"

namespace feast {

/// `feature_server.metrics`: which families of metrics are kept.
struct ServerMetricsSettings {
  bool enabled = false;  ///< `feast serve --metrics` switches on as well
  bool resource = true;
  bool request = true;
  bool online_features = true;
  bool push = true;
  bool materialization = true;
  bool freshness = true;
  bool offline_features = true;
  std::vector<int64_t> feature_count_bins = {10, 50, 200};
};

/// `feature_server.offline_push_batching_*`.
struct OfflinePushBatching {
  int64_t rows = 0;
  int64_t interval_seconds = 0;
};

/// `feature_server.feature_logging`, when it is enabled.
struct FeatureLogging {
  int64_t flush_interval_seconds = 600;
  int64_t queue_capacity = 100'000;  ///< rows that wait to be written
};

/// The `feature_server` section.
struct FeatureServerSettings {
  ServerMetricsSettings metrics;
  std::optional<OfflinePushBatching> offline_push_batching;
  std::optional<FeatureLogging> feature_logging;
  std::vector<std::string> warnings;  ///< what is asked for and not done, for `feast serve`
};

/// `native.server.cache`: how long a server may answer rows from memory.
struct ServerCacheSettings {
  double ttl_seconds = 0;                      ///< of views that are not named; 0: not at all
  std::map<std::string, double> view_seconds;  ///< by name of the view
  int64_t max_megabytes = 64;

  bool enabled() const { return ttl_seconds > 0 || !view_seconds.empty(); }
};

/// `native.server`: what one server process takes from its clients.
struct ServerLimits {
  int64_t max_body_bytes = int64_t{64} << 20;
  int64_t max_in_flight = 1024;
  int64_t max_values = 10'000'000;       ///< of one body, and of one answer
  int64_t compress_from_bytes = 8192;    ///< smaller answers go as they are; 0: all do
  int64_t read_timeout_seconds = 60;     ///< for a request to come whole
  int64_t request_timeout_seconds = 60;  ///< of reads and writes, not of materializations
  int64_t drain_timeout_seconds = 30;
  int64_t metrics_port = 8000;  ///< 0: the system chooses
  ServerCacheSettings cache;
};

/// Reads the `feature_server` section with all that is nested in it; unknown keys are refused.
Result<FeatureServerSettings> ReadFeatureServer(const std::string& file, const Setting& section);

/// Reads `native.server`; a limit that is not positive is refused.
Result<ServerLimits> ReadServerLimits(const std::string& file, const Setting& section);

}  // namespace feast
