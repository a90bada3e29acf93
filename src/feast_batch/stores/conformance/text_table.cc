#include "feast_batch/stores/conformance/text_table.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "feast_batch/point_in_time/arrow_streams_internal.h"

namespace feast::offline_conformance {
namespace {

const auto kMicro = arrow::TimeUnit::MICRO;

std::shared_ptr<arrow::Array> TimesOf(const std::shared_ptr<arrow::DataType>& type,
                                      const Cells& cells) {
  arrow::Int64Builder builder;
  for (const auto& cell : cells) {
    const auto appended =
        cell ? builder.Append(kDay + std::llround(std::stod(*cell) * kHour)) : builder.AppendNull();
    if (!appended.ok()) return nullptr;
  }
  const auto& zone = static_cast<const arrow::TimestampType&>(*type).timezone();
  const auto times =
      builder.Finish().ValueOrDie()->View(arrow::timestamp(kMicro, zone)).ValueOrDie();
  return arrow::compute::Cast(*times, type).ValueOrDie();
}

std::shared_ptr<arrow::Array> ColumnOf(const Named& column) {
  if (column.type->id() == arrow::Type::TIMESTAMP) return TimesOf(column.type, column.cells);
  arrow::StringBuilder builder;
  for (const auto& cell : column.cells) {
    if (!(cell ? builder.Append(*cell) : builder.AppendNull()).ok()) return nullptr;
  }
  return arrow::compute::Cast(*builder.Finish().ValueOrDie(), column.type).ValueOrDie();
}

std::shared_ptr<arrow::ChunkedArray> TextOf(std::shared_ptr<arrow::ChunkedArray> column) {
  if (column->type()->id() == arrow::Type::TIMESTAMP) {
    const auto& zone = static_cast<const arrow::TimestampType&>(*column->type()).timezone();
    auto options = arrow::compute::CastOptions::Safe(arrow::timestamp(kMicro, zone));
    options.allow_time_truncate = true;
    column = arrow::compute::Cast(column, options).ValueOrDie().chunked_array();
    column = column->View(arrow::int64()).ValueOrDie();
    arrow::StringBuilder builder;
    for (const auto& chunk : column->chunks()) {
      const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
      for (int64_t i = 0; i < values.length(); ++i) {
        std::array<char, 32> hours{};
        std::snprintf(hours.data(), hours.size(), "%.10g",
                      static_cast<double>(values.Value(i) - kDay) / kHour);
        const auto appended =
            values.IsNull(i) ? builder.AppendNull() : builder.Append(hours.data());
        if (!appended.ok()) return nullptr;
      }
    }
    return std::make_shared<arrow::ChunkedArray>(builder.Finish().ValueOrDie());
  }
  return arrow::compute::Cast(column, arrow::utf8()).ValueOrDie().chunked_array();
}

}  // namespace

std::shared_ptr<arrow::Table> MakeTable(const std::vector<Named>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(ColumnOf(column));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

OwnedStream StreamOf(const std::shared_ptr<arrow::Table>& table) {
  return ExportStream(std::make_shared<arrow::TableBatchReader>(table));
}

Result<std::shared_ptr<arrow::Table>> TableOf(Result<OwnedStream> stream) {
  if (!stream.ok()) return stream.status();
  FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(*std::move(stream)));
  FEAST_ARROW_ASSIGN(auto table, reader->ToTable());
  return table;
}

Cells CellsOf(const arrow::Table& table, const std::string& name) {
  const auto column = table.GetColumnByName(name);
  if (!column) return {"no such column"};
  Cells out;
  const auto text = TextOf(column);
  for (const auto& chunk : text->chunks()) {
    const auto& values = static_cast<const arrow::StringArray&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) {
      out.push_back(values.IsNull(i) ? std::nullopt : std::optional(values.GetString(i)));
    }
  }
  return out;
}

}  // namespace feast::offline_conformance
