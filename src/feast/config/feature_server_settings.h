#pragma once
#include <string>

#include "feast/base/status.h"
#include "feast/config/settings.h"

namespace feast {

/// Checks the `feature_server` section with all that is nested in it; unknown keys are refused.
Status CheckFeatureServer(const std::string& file, const Setting& section);

}  // namespace feast
