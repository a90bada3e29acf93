#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/result.h"

namespace feast {

/// A training join with the column types of upstream's store: the entity time in the unit that it
/// has there, and of the columns from `first_feature` on, large texts as texts and list items named
/// `item`.
///
/// Everything else keeps the type of its source column, also where values are missing. Entity times
/// that `unit` cannot hold stay in theirs: nanoseconds begin in 1677 and end in 2262, microseconds
/// have no fraction.
Result<std::shared_ptr<arrow::Table>> WithUpstreamTypes(std::shared_ptr<arrow::Table> joined,
                                                        const std::string& entity_time,
                                                        arrow::TimeUnit::type unit,
                                                        int first_feature);

}  // namespace feast
