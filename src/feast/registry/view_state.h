#pragma once
#include <map>
#include <string>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/core/FeatureView.pb.h"
#include "feast/registry/registry.h"

namespace feast {

/// Switches a view of any kind on or off; a view that is off neither serves nor is materialized.
/// FeatureViewNotFound if there is none of that name.
Status SetViewEnabled(Registry& registry, const CallContext& context, const std::string& project,
                      const std::string& view, bool enabled, Micros now);

/// Sets the state (number of feast.core.FeatureViewState) of a view of any kind.
Status SetViewState(Registry& registry, const CallContext& context, const std::string& project,
                    const std::string& view, int state, Micros now);

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
