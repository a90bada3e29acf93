#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/result.h"

namespace feast {

/// A table's columns from its `schemaString`. DataLoss if that is not readable, Unimplemented
/// naming a type that Arrow has no like of.
Result<std::shared_ptr<arrow::Schema>> DeltaSchema(const std::string& json);

}  // namespace feast
