#pragma once
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/core/FeatureView.pb.h"
#include "feast/registry/registry.h"

namespace feast {

/// The views that a materialization request means: those named, or all that are online and enabled.
/// FeatureViewNotFound names the first that does not exist.
Result<std::vector<std::string>> ViewsToMaterialize(const RegistrySnapshot& snapshot,
                                                    const std::string& project,
                                                    const std::vector<std::string>& asked);

/// Those of `views` that are being materialized now, by the registry.
std::vector<std::string> ViewsInState(const RegistrySnapshot& snapshot, const std::string& project,
                                      const std::vector<std::string>& views,
                                      core::FeatureViewState state);

/// Writes the state of `views` to the registry, in one commit.
Status SetViewStates(Registry& registry, const std::string& project,
                     const std::vector<std::string>& views, core::FeatureViewState state);

}  // namespace feast
