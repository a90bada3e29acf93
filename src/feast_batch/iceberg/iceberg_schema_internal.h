#pragma once
/// Iceberg's types as Arrow's. Only for files that parse a table's JSON.
#include <arrow/type_fwd.h>
#include <simdjson.h>

#include <memory>

#include "feast/base/result.h"

namespace feast {

/// The columns of a schema object of a table's metadata, each field with its id (field_ids.h), all
/// nullable. DataLoss if it is none; Unimplemented, naming column and type, for what we do not
/// know.
Result<std::shared_ptr<arrow::Schema>> IcebergSchema(const simdjson::dom::element& json);

}  // namespace feast
