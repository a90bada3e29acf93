#include "feast/config/feature_server_settings.h"

#include <initializer_list>
#include <utility>

namespace feast {
namespace {

constexpr const char* kNoAudit = ": ignored, this build writes no audit log";

Status ReadBools(SettingsReader* reader, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    FEAST_RETURN_IF_ERROR(reader->Bool(key, false).status());
  }
  return Status::OK();
}

Status ReadInts(SettingsReader* reader, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    FEAST_RETURN_IF_ERROR(reader->Int(key, 0).status());
  }
  return Status::OK();
}

Status ReadStrings(SettingsReader* reader, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    FEAST_RETURN_IF_ERROR(reader->String(key, "").status());
  }
  return Status::OK();
}

Status ReadBins(const std::string& file, const std::string& path, const Setting* bins,
                std::vector<int64_t>* out) {
  if (!bins || bins->kind == Setting::Kind::kNull) return Status::OK();
  Status wrong = ConfigError(file, bins->line,
                             path + ": expected a list of positive, strictly increasing integers");
  if (bins->kind != Setting::Kind::kList) return wrong;
  out->clear();
  for (const Setting& item : bins->items) {
    const Setting one = Setting::Map({{"bin", item}}, item.line);
    const auto bin = SettingsReader(file, path, one).Int("bin", std::nullopt);
    if (!bin.ok() || *bin <= (out->empty() ? 0 : out->back())) return wrong;
    out->push_back(*bin);
  }
  return Status::OK();
}

Status ReadMetrics(const std::string& file, const Setting* node, FeatureServerSettings* out) {
  if (!node) return Status::OK();
  SettingsReader reader(file, "feature_server.metrics", *node);
  ServerMetricsSettings& metrics = out->metrics;
  FEAST_ASSIGN_OR_RETURN(metrics.enabled, reader.Bool("enabled", false));
  const std::initializer_list<std::pair<const char*, bool*>> switches = {
      {"resource", &metrics.resource},
      {"request", &metrics.request},
      {"online_features", &metrics.online_features},
      {"push", &metrics.push},
      {"materialization", &metrics.materialization},
      {"freshness", &metrics.freshness},
      {"offline_features", &metrics.offline_features}};
  for (const auto& [key, value] : switches) {
    FEAST_ASSIGN_OR_RETURN(*value, reader.Bool(key, true));
  }
  FEAST_ASSIGN_OR_RETURN(const bool audit, reader.Bool("audit_logging", false));
  if (audit) out->warnings.push_back(reader.PathOf("audit_logging") + kNoAudit);
  FEAST_RETURN_IF_ERROR(ReadBins(file, reader.PathOf("feature_count_bins"),
                                 reader.Node("feature_count_bins"), &metrics.feature_count_bins));
  return reader.Finish();
}

Status ReadAuditLogging(const std::string& file, const Setting* node, FeatureServerSettings* out) {
  if (!node) return Status::OK();
  SettingsReader reader(file, "feature_server.audit_logging", *node);
  FEAST_ASSIGN_OR_RETURN(const bool enabled, reader.Bool("enabled", false));
  if (enabled) out->warnings.push_back(reader.PathOf("enabled") + kNoAudit);
  FEAST_RETURN_IF_ERROR(ReadBools(&reader, {"log_successful_reads"}));
  FEAST_RETURN_IF_ERROR(ReadStrings(&reader, {"file_path"}));
  FEAST_RETURN_IF_ERROR(reader.Choice("sink", {"stdout", "file", "logger"}, "stdout").status());
  return reader.Finish();
}

Status ReadFeatureLogging(const std::string& file, const Setting* node,
                          FeatureServerSettings* out) {
  if (!node) return Status::OK();
  SettingsReader reader(file, "feature_server.feature_logging", *node);
  FEAST_ASSIGN_OR_RETURN(const bool enabled, reader.Bool("enabled", false));
  FeatureLogging logging;
  const std::initializer_list<std::pair<const char*, int64_t*>> numbers = {
      {"flush_interval_secs", &logging.flush_interval_seconds},
      {"queue_capacity", &logging.queue_capacity}};
  for (const auto& [key, value] : numbers) {
    FEAST_ASSIGN_OR_RETURN(*value, reader.Int(key, *value));
    if (*value > 0) continue;
    return ConfigError(
        file, reader.LineOf(key),
        reader.PathOf(key) + ": expected a positive integer, not " + std::to_string(*value));
  }
  // Upstream's: rows wait in memory here, and nothing waits for room in the queue.
  FEAST_RETURN_IF_ERROR(
      ReadInts(&reader, {"write_to_disk_interval_secs", "emit_timeout_micro_secs"}));
  if (enabled) out->feature_logging = logging;
  return reader.Finish();
}

Status ReadBatching(SettingsReader* reader, FeatureServerSettings* out) {
  static constexpr int64_t kNone = INT64_MIN;
  const std::string prefix = "offline_push_batching_";
  FEAST_ASSIGN_OR_RETURN(const bool enabled, reader->Bool(prefix + "enabled", false));
  FEAST_ASSIGN_OR_RETURN(const int64_t rows, reader->Int(prefix + "batch_size", kNone));
  FEAST_ASSIGN_OR_RETURN(const int64_t seconds,
                         reader->Int(prefix + "batch_interval_seconds", kNone));
  if (!enabled) return Status::OK();
  if (rows > 0 && seconds > 0) {
    out->offline_push_batching = {rows, seconds};
  } else {
    out->warnings.push_back(reader->PathOf(prefix + "enabled") + ": ignored, because it needs a " +
                            "positive batch_size and batch_interval_seconds");
  }
  return Status::OK();
}

Status ReadMcp(SettingsReader* reader, FeatureServerSettings* out) {
  FEAST_ASSIGN_OR_RETURN(const bool enabled, reader->Bool("mcp_enabled", false));
  if (enabled) {
    out->warnings.push_back(reader->PathOf("mcp_enabled") +
                            ": ignored, this build has no MCP server");
  }
  FEAST_RETURN_IF_ERROR(ReadStrings(reader, {"mcp_server_name", "mcp_server_version"}));
  return reader->Choice("mcp_transport", {"sse", "http"}, "sse").status();
}

}  // namespace

Result<FeatureServerSettings> ReadFeatureServer(const std::string& file, const Setting& section) {
  FeatureServerSettings out;
  SettingsReader reader(file, "feature_server", section);
  FEAST_ASSIGN_OR_RETURN(const std::string type, reader.Choice("type", {"local", "mcp"}, "local"));
  FEAST_RETURN_IF_ERROR(ReadBools(&reader, {"enabled"}));
  FEAST_RETURN_IF_ERROR(ReadStrings(&reader, {"transformation_service_endpoint"}));
  FEAST_RETURN_IF_ERROR(ReadBatching(&reader, &out));
  if (type == "mcp") FEAST_RETURN_IF_ERROR(ReadMcp(&reader, &out));
  FEAST_RETURN_IF_ERROR(ReadMetrics(file, reader.Node("metrics"), &out));
  FEAST_RETURN_IF_ERROR(ReadAuditLogging(file, reader.Node("audit_logging"), &out));
  FEAST_RETURN_IF_ERROR(ReadFeatureLogging(file, reader.Node("feature_logging"), &out));
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return out;
}

namespace {

Result<ServerCacheSettings> ReadServerCache(const std::string& file, const Setting& section) {
  ServerCacheSettings cache;
  SettingsReader reader(file, "native.server.cache", section);
  const auto check = [&](const SettingsReader& of, const std::string& key, double seconds) {
    if (seconds >= 0 && seconds <= 86400.0 * 365) return Status::OK();
    return ConfigError(file, of.LineOf(key),
                       of.PathOf(key) + ": expected seconds, from 0 to a year");
  };
  FEAST_ASSIGN_OR_RETURN(cache.ttl_seconds, reader.Double("ttl_seconds", 0.0));
  FEAST_RETURN_IF_ERROR(check(reader, "ttl_seconds", cache.ttl_seconds));
  FEAST_ASSIGN_OR_RETURN(cache.max_megabytes, reader.Int("max_megabytes", cache.max_megabytes));
  if (cache.max_megabytes <= 0 || cache.max_megabytes > 1 << 20) {
    return ConfigError(file, reader.LineOf("max_megabytes"),
                       reader.PathOf("max_megabytes") + ": expected a positive number of MiB");
  }
  if (const Setting* views = reader.Node("views")) {
    SettingsReader names(file, "native.server.cache.views", *views);
    for (const auto& [view, seconds] : views->entries) {
      FEAST_ASSIGN_OR_RETURN(cache.view_seconds[view], names.Double(view, 0.0));
      FEAST_RETURN_IF_ERROR(check(names, view, cache.view_seconds[view]));
    }
    FEAST_RETURN_IF_ERROR(names.Finish());
  }
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return cache;
}

}  // namespace

Result<ServerLimits> ReadServerLimits(const std::string& file, const Setting& section) {
  ServerLimits limits;
  SettingsReader reader(file, "native.server", section);
  const std::initializer_list<std::pair<const char*, int64_t*>> numbers = {
      {"max_body_bytes", &limits.max_body_bytes},
      {"max_in_flight", &limits.max_in_flight},
      {"max_values", &limits.max_values},
      {"compress_from_bytes", &limits.compress_from_bytes},
      {"read_timeout_seconds", &limits.read_timeout_seconds},
      {"request_timeout_seconds", &limits.request_timeout_seconds},
      {"drain_timeout_seconds", &limits.drain_timeout_seconds},
      {"metrics_port", &limits.metrics_port}};
  for (const auto& [key, value] : numbers) {
    FEAST_ASSIGN_OR_RETURN(*value, reader.Int(key, *value));
    const bool may_be_zero = value == &limits.metrics_port || value == &limits.compress_from_bytes;
    if (*value > 0 || (*value == 0 && may_be_zero)) continue;
    return ConfigError(
        file, reader.LineOf(key),
        reader.PathOf(key) + ": expected a positive integer, not " + std::to_string(*value));
  }
  if (const Setting* cache = reader.Node("cache")) {
    FEAST_ASSIGN_OR_RETURN(limits.cache, ReadServerCache(file, *cache));
  }
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return limits;
}

}  // namespace feast
