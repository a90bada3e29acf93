#pragma once
#include <string>

#include "feast/app/feature_store.h"

namespace feast {

/// Switches a view of any kind on or off; a view that is off neither serves nor is materialized.
/// FeatureViewNotFound if there is none of that name.
Status SetViewEnabled(FeatureStore& store, const CallContext& context, const std::string& view,
                      bool enabled);

/// Sets the state (number of feast.core.FeatureViewState) of a view of any kind.
Status SetViewState(FeatureStore& store, const CallContext& context, const std::string& view,
                    int state);

}  // namespace feast
