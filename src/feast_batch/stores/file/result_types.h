#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/result.h"

namespace feast {

/// A training join with the column types of upstream's file store: the entity time in nanoseconds,
/// and of the columns from `first_feature` on, large texts as texts and list items named `item`.
///
/// Everything else keeps the type of its source column, also where values are missing. Entity times
/// beyond the years 1677 to 2262, which nanoseconds cannot hold, stay in their unit.
Result<std::shared_ptr<arrow::Table>> WithUpstreamTypes(std::shared_ptr<arrow::Table> joined,
                                                        const std::string& entity_time,
                                                        int first_feature);

}  // namespace feast
