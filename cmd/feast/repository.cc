#include "repository.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "log.h"
#include "python_child.h"

namespace feast::cmd {
namespace {

namespace fs = std::filesystem;

/// A file that is gone when this object is.
class TemporaryFile {
 public:
  TemporaryFile() : path_((fs::temp_directory_path() / "feast-XXXXXX").string()) {
    const int descriptor = mkstemp(path_.data());
    if (descriptor < 0) {
      path_.clear();
    } else {
      close(descriptor);
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Status CheckProjects(const core::Registry& desired, const RepoConfig& config) {
  if (desired.projects_size() > 1) {
    return Status::InvalidArgument(
        "Multiple Project objects are defined in the feature repository; only one is allowed");
  }
  for (const core::Project& project : desired.projects()) {
    if (project.spec().name() == config.project) continue;
    return Status::InvalidArgument("Project object name '" + project.spec().name() +
                                   "' should match the project '" + config.project +
                                   "' of feature_store.yaml");
  }
  return Status::OK();
}

}  // namespace

Result<RepoConfig> LoadConfig(const GlobalOptions& globals) {
  ConfigLocation location;
  location.repo_path = fs::absolute(globals.chdir.empty() ? "." : globals.chdir).lexically_normal();
  if (!globals.yaml_file.empty()) location.yaml_file = globals.yaml_file;
  FEAST_ASSIGN_OR_RETURN(RepoConfig config, LoadRepoConfig(location));
  for (const std::string& warning : config.warnings) Log(globals, LogLevel::kWarning, warning);
  Log(globals, LogLevel::kInfo, "configuration: " + config.file);
  Log(globals, LogLevel::kInfo,
      "project " + config.project + ", registry " + config.registry_path + ", online store " +
          (config.online_store_type.empty() ? "none" : config.online_store_type) +
          ", offline store " + config.offline_store_type);
  return config;
}

Result<std::unique_ptr<FeatureStore>> OpenStore(const GlobalOptions& globals, StoreUse use) {
  FEAST_ASSIGN_OR_RETURN(RepoConfig config, LoadConfig(globals));
  return FeatureStore::Open(std::move(config), use);
}

Result<RegistryView> OpenRegistry(const GlobalOptions& globals) {
  RegistryView view;
  FEAST_ASSIGN_OR_RETURN(view.store, OpenStore(globals));
  FEAST_ASSIGN_OR_RETURN(view.snapshot, view.store->registry().Cached());
  return view;
}

Result<core::Registry> EvaluateRepository(const GlobalOptions& globals, const RepoConfig& config,
                                          bool skip_feature_view_validation) {
  const TemporaryFile file;
  if (file.path().empty()) return Status::Unavailable("cannot create a temporary file");
  std::vector<std::string> arguments = {
      "-m",        "feast.repo_evaluation", "--repo", config.repo_path.string(),
      "--project", config.project,          "--out",  file.path()};
  if (!globals.yaml_file.empty()) {
    arguments.push_back("--yaml-file");
    arguments.push_back(globals.yaml_file);
  }
  if (skip_feature_view_validation) arguments.push_back("--skip-feature-view-validation");
  if (Logs(globals, LogLevel::kDebug)) arguments.push_back("--traceback");
  FEAST_ASSIGN_OR_RETURN(const int code, RunPython(arguments));
  if (code != 0) {
    return Status::InvalidArgument("The definitions in " + config.repo_path.string() +
                                   " could not be evaluated (see above)");
  }
  core::Registry desired;
  std::ifstream stream(file.path(), std::ios::binary);
  if (!desired.ParseFromIstream(&stream)) {
    return Status::Internal("feast.repo_evaluation wrote no registry into " + file.path());
  }
  FEAST_RETURN_IF_ERROR(CheckProjects(desired, config));
  return desired;
}

std::vector<std::string> BatchCommand(const GlobalOptions& globals) {
  namespace fs = std::filesystem;
  std::vector<std::string> command = {"/proc/self/exe"};
  command.insert(command.end(),
                 {"--chdir", fs::absolute(globals.chdir.empty() ? "." : globals.chdir).string()});
  if (!globals.yaml_file.empty()) {
    command.insert(command.end(),
                   {"--feature-store-yaml", fs::absolute(globals.yaml_file).string()});
  }
  command.emplace_back("batch-jobs");
  return command;
}

}  // namespace feast::cmd
