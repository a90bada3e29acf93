#include "feast_batch/stores/duckdb/duckdb_settings.h"

#include <filesystem>

namespace feast {
namespace {

constexpr std::string_view kSection = "native.duckdb";

Status ReadAttached(const OfflineStoreEnv& env, const Setting& node, DuckDbSettings* settings) {
  SettingsReader names(env.config_file, std::string(kSection) + ".attach", node);
  for (const auto& entry : node.entries) {
    FEAST_ASSIGN_OR_RETURN(const std::string path, names.String(entry.key, std::nullopt));
    settings->attach[entry.key] = std::filesystem::path(env.repo_path) / path;
  }
  return names.Finish();
}

}  // namespace

Result<DuckDbSettings> ReadDuckDbSettings(const OfflineStoreEnv& env) {
  DuckDbSettings settings;
  settings.repo_path = env.repo_path;
  const Setting* section = env.native ? env.native->Find("duckdb") : nullptr;
  if (!section || section->kind == Setting::Kind::kNull) return settings;
  SettingsReader reader(env.config_file, std::string(kSection), *section);
  FEAST_ASSIGN_OR_RETURN(settings.memory_limit, reader.String("memory_limit", ""));
  FEAST_ASSIGN_OR_RETURN(const int64_t threads, reader.Int("threads", 0));
  if (reader.Node("threads")) {
    if (threads < 1) {
      return ConfigError(env.config_file, reader.LineOf("threads"),
                         reader.PathOf("threads") + ": expected a positive integer, not " +
                             std::to_string(threads));
    }
    settings.threads = threads;
  }
  const auto folder = [&](std::string_view key, std::string* path) -> Status {
    FEAST_ASSIGN_OR_RETURN(*path, reader.String(key, ""));
    if (!path->empty()) *path = std::filesystem::path(env.repo_path) / *path;
    return Status::OK();
  };
  FEAST_RETURN_IF_ERROR(folder("temp_directory", &settings.temp_directory));
  FEAST_RETURN_IF_ERROR(folder("extension_directory", &settings.extension_directory));
  FEAST_ASSIGN_OR_RETURN(settings.max_temp_directory_size,
                         reader.String("max_temp_directory_size", ""));
  FEAST_ASSIGN_OR_RETURN(settings.install_extensions, reader.Bool("install_extensions", false));
  FEAST_ASSIGN_OR_RETURN(const std::string parquet,
                         reader.Choice("parquet_reader", {"native", "duckdb"}, "native"));
  settings.native_parquet = parquet == "native";
  if (const Setting* attach = reader.Node("attach")) {
    FEAST_RETURN_IF_ERROR(ReadAttached(env, *attach, &settings));
  }
  FEAST_RETURN_IF_ERROR(reader.Finish());
  return settings;
}

}  // namespace feast
