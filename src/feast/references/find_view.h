#pragma once
#include <string>

#include "feast/base/result.h"
#include "feast/definitions/view_facts.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

/// The view of that name as it is now, of any kind. FeatureViewNotFound.
Result<ViewFacts> FindView(const RegistrySnapshot& registry, const std::string& project,
                           const std::string& name);

/// The view as it was at that version. FeatureViewNotFound, FeatureViewVersionNotFound, or DataLoss
/// when the registry's snapshot cannot be read.
Result<ViewFacts> FindViewVersion(const RegistrySnapshot& registry, const std::string& project,
                                  const std::string& name, int version);

/// The same for an on-demand view, which is more than its facts. A copy.
Result<core::OnDemandFeatureView> FindOnDemandViewVersion(const RegistrySnapshot& registry,
                                                          const std::string& project,
                                                          const std::string& name, int version);

}  // namespace feast
