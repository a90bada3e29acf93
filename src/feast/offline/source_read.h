#pragma once
#include <vector>

#include "feast/definitions/view_facts.h"
#include "feast/offline/offline_store.h"

namespace feast {

/// How `features` of a view are read from its batch source: field mapping undone, the dummy join
/// key left out because no source has it.
SourceRead ReadOf(const ViewFacts& view, const std::vector<FieldFacts>& features);

}  // namespace feast
