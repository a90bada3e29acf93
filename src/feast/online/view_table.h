#pragma once
#include <memory>
#include <string>

#include "feast/definitions/view_facts.h"
#include "feast/online/online_store.h"

namespace feast {

/// The table that a view's values are kept in. `version` 0 is the unversioned one.
std::shared_ptr<const OnlineTable> TableOf(const ViewFacts& view, const std::string& project,
                                           int version);

/// The one feature of a table of precomputed vectors.
inline constexpr std::string_view kVectorFeature = "vector";

/// Where the precomputed vectors of a feature service are kept (storage.md §7.6).
std::shared_ptr<const OnlineTable> VectorTableOf(const std::string& service,
                                                 const std::vector<FieldFacts>& join_keys,
                                                 const std::string& project);

}  // namespace feast
