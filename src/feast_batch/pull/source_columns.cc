#include "feast_batch/pull/source_columns.h"

#include <arrow/c/bridge.h>
#include <arrow/type.h>

#include "feast/codec/column_codec.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {

Result<std::vector<SourceColumn>> SourceColumnsOf(const arrow::Schema& schema) {
  std::vector<SourceColumn> columns;
  for (const auto& field : schema.fields()) {
    ArrowSchema exported{};
    FEAST_ARROW_RETURN_IF_ERROR(arrow::ExportField(*field, &exported));
    const OwnedSchema owned(&exported);
    columns.push_back({field->name(), ValueTypeOfArrow(*owned.get()), field->type()->ToString(),
                       field->type()->id() == arrow::Type::TIMESTAMP});
  }
  return columns;
}

}  // namespace feast
