#pragma once
#include <memory>

#include "command_line_internal.h"

#include "feast/app/feature_store.h"

namespace feast::cmd {

/// feature_store.yaml as the global options find it; its warnings go to stderr.
Result<RepoConfig> LoadConfig(const GlobalOptions& globals);

/// The repository, opened.
Result<std::unique_ptr<FeatureStore>> OpenStore(const GlobalOptions& globals,
                                                StoreUse use = StoreUse::kCalls);

/// What starts a batch process of the same repository: this very binary, whatever its path became.
std::vector<std::string> BatchCommand(const GlobalOptions& globals);

/// The cached registry and its project, for commands that only read.
struct RegistryView {
  std::unique_ptr<FeatureStore> store;
  std::shared_ptr<const RegistrySnapshot> snapshot;
  const std::string& project() const { return store->config().project; }
};
Result<RegistryView> OpenRegistry(const GlobalOptions& globals);

/// What the repository's Python files define: one run of `python -m feast.repo_evaluation`. What
/// Python says about a failure has gone to stderr by then.
Result<core::Registry> EvaluateRepository(const GlobalOptions& globals, const RepoConfig& config,
                                          bool skip_feature_view_validation);

}  // namespace feast::cmd
