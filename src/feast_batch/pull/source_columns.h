#pragma once
#include <arrow/type_fwd.h>

#include <vector>

#include "feast/offline/offline_store.h"

namespace feast {

/// The columns of a source's schema as OfflineStore::DescribeSource gives them.
Result<std::vector<SourceColumn>> SourceColumnsOf(const arrow::Schema& schema);

}  // namespace feast
