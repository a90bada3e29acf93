#pragma once
#include <map>
#include <string>
#include <vector>

#include "feast/auth/authorize.h"
#include "feast/base/result.h"
#include "feast/core/FeatureView.pb.h"
#include "feast/registry/registry.h"

namespace feast {

/// The views that a materialization request means: those named, or all that are online and enabled.
/// FeatureViewNotFound names the first that does not exist.
Result<std::vector<std::string>> ViewsToMaterialize(const RegistrySnapshot& snapshot,
                                                    const std::string& project,
                                                    const std::vector<std::string>& asked);

/// The views of those names, for whoever decides whether the caller may write them.
std::vector<Resource> ResourcesOf(const RegistrySnapshot& snapshot, const std::string& project,
                                  const std::vector<std::string>& views);

/// States of views by name.
using ViewStates = std::map<std::string, core::FeatureViewState>;

/// Marks `views` as being materialized, in one commit, and gives what they were before. If one is
/// marked already and `force` is not set, nothing is marked and `running` names those.
Result<ViewStates> MarkMaterializing(Registry& registry, const std::string& project,
                                     const std::vector<std::string>& views, bool force,
                                     std::vector<std::string>* running);

/// Takes the mark away from views that still have it: AVAILABLE_ONLINE after a success. After a
/// failure what they were `before`; those that a dead run had left marked are AVAILABLE_ONLINE if
/// they ever were materialized, else GENERATED.
Status UnmarkMaterializing(Registry& registry, const std::string& project, const ViewStates& before,
                           bool success);

}  // namespace feast
