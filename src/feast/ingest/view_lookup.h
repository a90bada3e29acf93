#pragma once
#include <optional>
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

/// InvalidArgument for an on-demand view that is not kept in the online store.
Status CheckStored(const ViewFacts& on_demand_view);

/// The views that a materialization covers: the named ones (an error names the first that cannot be
/// materialized), or every online and enabled one, and every stored on-demand view that reads
/// views and nothing of a request. With `version`, the one named view as it was then.
/// Unimplemented when code or aggregations would have to run for one of them.
Result<std::vector<ViewFacts>> FindMaterializedViews(const RegistrySnapshot& registry,
                                                     const std::string& project,
                                                     const std::vector<std::string>& names,
                                                     std::optional<int> version);

/// The end of the latest recorded materialization, if any.
std::optional<Micros> LastMaterialized(const RegistrySnapshot& registry, const std::string& project,
                                       const std::string& view);

/// The longest ttl of the views that an on-demand view reads; 0 if none has one.
Result<Micros> LongestSourceTtl(const RegistrySnapshot& registry, const std::string& project,
                                const std::string& on_demand_view);

}  // namespace feast
