#include <fstream>
#include <sstream>

#include "feast/config/repo_config.h"

namespace feast {
namespace {

constexpr const char* kFileName = "feature_store.yaml";
constexpr const char* kFileVariable = "FEAST_FS_YAML_FILE_PATH";
constexpr const char* kBase64Variable = "FEATURE_STORE_YAML_BASE64";

Result<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) || std::filesystem::is_directory(path, error)) {
    return Status::NotFound("Can't find feature repo configuration file at " + path.string() +
                                ". Make sure you're running feast from an initialized feast "
                                "repository.",
                            ErrorKind::kFileNotFound);
  }
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || !text) return ConfigError(path.string(), 0, "the file cannot be read");
  return std::move(text).str();
}

}  // namespace

Result<RepoConfig> LoadRepoConfig(const ConfigLocation& location, const Environment& environment) {
  std::optional<std::filesystem::path> yaml_file = location.yaml_file;
  if (!yaml_file) {
    if (auto named = environment(kFileVariable); named && !named->empty()) yaml_file = *named;
  }
  if (!yaml_file) {
    if (const auto encoded = environment(kBase64Variable); encoded && !encoded->empty()) {
      FEAST_ASSIGN_OR_RETURN(const std::string text, DecodeBase64(*encoded, kBase64Variable));
      return ParseRepoConfig(text, location.repo_path, kBase64Variable, environment);
    }
  }
  const auto path = (location.repo_path / yaml_file.value_or(kFileName)).lexically_normal();
  FEAST_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseRepoConfig(text, location.repo_path, path.string(), environment);
}

}  // namespace feast
