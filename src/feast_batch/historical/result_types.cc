#include "feast_batch/historical/result_types.h"

#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

std::shared_ptr<arrow::DataType> UpstreamType(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LARGE_STRING:
      return arrow::utf8();
    case arrow::Type::LIST:
      return arrow::list(UpstreamType(type->field(0)->type()));
    default:
      return type;
  }
}

}  // namespace

Result<std::shared_ptr<arrow::Table>> WithUpstreamTypes(std::shared_ptr<arrow::Table> joined,
                                                        const std::string& entity_time,
                                                        arrow::TimeUnit::type unit,
                                                        int first_feature) {
  for (int at = 0; at < joined->num_columns(); ++at) {
    const auto& field = joined->field(at);
    auto type = field->type();
    if (field->name() == entity_time && at < first_feature) {
      type = arrow::timestamp(unit, "UTC");
    } else if (at >= first_feature) {
      type = UpstreamType(type);
    }
    // By text, because types are equal whatever the name of their list items.
    if (type->ToString() == field->type()->ToString()) continue;
    const auto cast = arrow::compute::Cast(arrow::Datum(joined->column(at)), type);
    if (!cast.ok()) continue;  // the wider type stays where the narrower cannot hold the values
    FEAST_ARROW_ASSIGN(
        joined, joined->SetColumn(at, arrow::field(field->name(), type), cast->chunked_array()));
  }
  return joined;
}

}  // namespace feast
