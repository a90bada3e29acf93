#include "feast/config/feature_server_settings.h"

#include <initializer_list>

namespace feast {
namespace {

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

Status CheckBins(const std::string& file, const std::string& path, const Setting* bins) {
  if (!bins || bins->kind == Setting::Kind::kNull) return Status::OK();
  const Status wrong = ConfigError(
      file, bins->line, path + ": expected a list of positive, strictly increasing integers");
  if (bins->kind != Setting::Kind::kList) return wrong;
  int64_t last = 0;
  for (const Setting& item : bins->items) {
    const Setting one = Setting::Map({{"bin", item}}, item.line);
    const auto bin = SettingsReader(file, path, one).Int("bin", std::nullopt);
    if (!bin.ok() || *bin <= last) return wrong;
    last = *bin;
  }
  return Status::OK();
}

Status CheckMetrics(const std::string& file, const Setting* node) {
  if (!node) return Status::OK();
  SettingsReader reader(file, "feature_server.metrics", *node);
  FEAST_RETURN_IF_ERROR(
      ReadBools(&reader, {"enabled", "resource", "request", "online_features", "push",
                          "materialization", "freshness", "offline_features", "audit_logging"}));
  FEAST_RETURN_IF_ERROR(
      CheckBins(file, reader.PathOf("feature_count_bins"), reader.Node("feature_count_bins")));
  return reader.Finish();
}

Status CheckAuditLogging(const std::string& file, const Setting* node) {
  if (!node) return Status::OK();
  SettingsReader reader(file, "feature_server.audit_logging", *node);
  FEAST_RETURN_IF_ERROR(ReadBools(&reader, {"enabled", "log_successful_reads"}));
  FEAST_RETURN_IF_ERROR(ReadStrings(&reader, {"file_path"}));
  FEAST_RETURN_IF_ERROR(reader.Choice("sink", {"stdout", "file", "logger"}, "stdout").status());
  return reader.Finish();
}

Status CheckFeatureLogging(const std::string& file, const Setting* node) {
  if (!node) return Status::OK();
  SettingsReader reader(file, "feature_server.feature_logging", *node);
  FEAST_RETURN_IF_ERROR(ReadBools(&reader, {"enabled"}));
  FEAST_RETURN_IF_ERROR(ReadInts(&reader, {"flush_interval_secs", "write_to_disk_interval_secs",
                                           "queue_capacity", "emit_timeout_micro_secs"}));
  return reader.Finish();
}

}  // namespace

Status CheckFeatureServer(const std::string& file, const Setting& section) {
  SettingsReader reader(file, "feature_server", section);
  FEAST_ASSIGN_OR_RETURN(const std::string type, reader.Choice("type", {"local", "mcp"}, "local"));
  FEAST_RETURN_IF_ERROR(ReadBools(&reader, {"enabled", "offline_push_batching_enabled"}));
  FEAST_RETURN_IF_ERROR(ReadInts(&reader, {"offline_push_batching_batch_size",
                                           "offline_push_batching_batch_interval_seconds"}));
  FEAST_RETURN_IF_ERROR(ReadStrings(&reader, {"transformation_service_endpoint"}));
  if (type == "mcp") {
    FEAST_RETURN_IF_ERROR(ReadBools(&reader, {"mcp_enabled"}));
    FEAST_RETURN_IF_ERROR(ReadStrings(&reader, {"mcp_server_name", "mcp_server_version"}));
    FEAST_RETURN_IF_ERROR(reader.Choice("mcp_transport", {"sse", "http"}, "sse").status());
  }
  FEAST_RETURN_IF_ERROR(CheckMetrics(file, reader.Node("metrics")));
  FEAST_RETURN_IF_ERROR(CheckAuditLogging(file, reader.Node("audit_logging")));
  FEAST_RETURN_IF_ERROR(CheckFeatureLogging(file, reader.Node("feature_logging")));
  return reader.Finish();
}

}  // namespace feast
