#include "feast_batch/parquet/column_cast.h"

#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/event_times.h"

namespace feast {
namespace {

Result<std::shared_ptr<arrow::ChunkedArray>> Cast(
    const std::shared_ptr<arrow::ChunkedArray>& column,
    const std::shared_ptr<arrow::DataType>& type, const std::string& name) {
  auto from = column;
  if (type->id() == arrow::Type::TIMESTAMP) {
    FEAST_ASSIGN_OR_RETURN(from, AsUtc(column, name));
    const auto unit = static_cast<const arrow::TimestampType&>(*from->type()).unit();
    const auto& zone = static_cast<const arrow::TimestampType&>(*type).timezone();
    FEAST_ARROW_ASSIGN(from, from->View(arrow::timestamp(unit, zone)));
  }
  auto options = arrow::compute::CastOptions::Safe(type);
  options.allow_time_truncate = true;
  FEAST_ARROW_ASSIGN(const auto cast, arrow::compute::Cast(arrow::Datum(from), options));
  return cast.chunked_array();
}

}  // namespace

Result<std::shared_ptr<arrow::ChunkedArray>> CastColumn(
    const std::shared_ptr<arrow::ChunkedArray>& column,
    const std::shared_ptr<arrow::DataType>& type, const std::string& name) {
  if (column->type()->Equals(*type)) return column;
  auto cast = Cast(column, type, name);
  if (cast.ok()) return cast;
  return Status::InvalidArgument("column '" + name + "' is of type " + column->type()->ToString() +
                                     ", which does not fit " + type->ToString() + ": " +
                                     cast.status().message(),
                                 ErrorKind::kValueError);
}

}  // namespace feast
