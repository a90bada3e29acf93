#include "feast_batch/parquet/column_cast.h"

#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>

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

std::string NamesText(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const auto& name : names) out += (out.size() > 1 ? ", '" : "'") + name + "'";
  return out + "]";
}

std::vector<std::string> Absent(const std::vector<std::string>& names,
                                const std::vector<std::string>& from) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    if (std::find(from.begin(), from.end(), name) == from.end()) out.push_back(name);
  }
  return out;
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

Status CheckSameColumns(const std::vector<std::string>& expected,
                        const std::vector<std::string>& given) {
  const auto missing = Absent(expected, given), extra = Absent(given, expected);
  if (missing.empty() && extra.empty()) return Status::OK();
  return Status::InvalidArgument(
      "The input dataframe columns do not match the batch source columns. "
      "missing_expected_columns: " +
          NamesText(missing) + ", extra_unexpected_columns: " + NamesText(extra) + ".",
      ErrorKind::kValueError);
}

}  // namespace feast
