#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/base/result.h"
#include "feast_batch/stores/postgres/column_types.h"

namespace feast {

/// A join key of the entity rows, ready to be compared with a column of a source.
struct EntityKey {
  std::shared_ptr<arrow::ChunkedArray> values;
  PostgresForm form = PostgresForm::kText;
  std::string sql_type;         ///< of the uploaded column
  std::string cast;             ///< of it, in comparisons: "::uuid"
  bool source_as_text = false;  ///< the source's column is compared as text
};

/// InvalidArgument, without a place, if such values cannot be compared with such a column.
Result<EntityKey> EntityKeyFor(const arrow::ChunkedArray& column, const PostgresColumnType& source);

}  // namespace feast
