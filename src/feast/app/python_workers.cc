#include "feast/app/python_workers.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "feast/transform/worker_pool.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

constexpr int kTrainingTimeoutMs = 24 * 3600 * 1000;

std::string FindInterpreter() {
  const char* asked = std::getenv("FEAST_PYTHON");
  if (asked != nullptr && *asked != '\0') return asked;
  return access(FEAST_DEFAULT_PYTHON, X_OK) == 0 ? FEAST_DEFAULT_PYTHON : "";
}

// The folder of package feast that belongs to this library, or nothing where it is installed.
std::string FindPackage() {
  Dl_info library;
  if (dladdr(reinterpret_cast<const void*>(&FindInterpreter), &library) == 0) return {};
  std::error_code error;
  const fs::path file = fs::weakly_canonical(library.dli_fname, error);
  const fs::path folder = file.parent_path().parent_path() / "python";
  return fs::exists(folder / "feast" / "transform_worker.py", error) ? folder.string() : "";
}

// Only a repository's own folder is searched for definition files: a configuration that a program
// made names any folder, and reading definitions runs every Python file in it.
bool IsRepository(const RepoConfig& config) {
  std::error_code error;
  return fs::exists(config.repo_path / "feature_store.yaml", error) ||
         fs::is_regular_file(config.file, error);
}

}  // namespace

std::unique_ptr<Transformer> MakePythonWorkers(const RepoConfig& config, WorkerUse use) {
  TransformOptions options;
  options.python = FindInterpreter();
  if (options.python.empty()) return nullptr;
  options.python_path = FindPackage();
  if (IsRepository(config)) options.repo_path = fs::absolute(config.repo_path);
  options.allow_pickled = config.allow_pickled;
  if (use == WorkerUse::kTraining) {
    options.workers = 1;
    options.timeout_ms = kTrainingTimeoutMs;
    options.memory_limit_bytes = 0;
  }
  return MakePythonTransformer(std::move(options));
}

}  // namespace feast
