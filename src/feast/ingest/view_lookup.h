#pragma once
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/definitions/view_facts.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

/// The views whose stream source is the push source of that name, in registry order.
/// PushSourceNotFound if there is none.
Result<std::vector<ViewFacts>> FindPushTargets(const RegistrySnapshot& registry,
                                               const std::string& project,
                                               const std::string& push_source);

/// The views that a materialization covers: the named ones (an error names the first that cannot be
/// materialized), or every online and enabled one.
Result<std::vector<ViewFacts>> FindMaterializedViews(const RegistrySnapshot& registry,
                                                     const std::string& project,
                                                     const std::vector<std::string>& names);

/// The end of the latest recorded materialization, if any.
std::optional<Micros> LastMaterialized(const RegistrySnapshot& registry, const std::string& project,
                                       const std::string& view);

}  // namespace feast
