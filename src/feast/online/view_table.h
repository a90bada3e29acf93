#pragma once
#include <memory>
#include <string>

#include "feast/definitions/view_facts.h"
#include "feast/online/online_store.h"

namespace feast {

/// The table that a view's values are kept in. `version` 0 is the unversioned one.
std::shared_ptr<const OnlineTable> TableOf(const ViewFacts& view, const std::string& project,
                                           int version);

}  // namespace feast
