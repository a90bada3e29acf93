#include "feast_batch/historical/range_entities.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/entity_key_index.h"
#include "feast_batch/point_in_time/latest_rows.h"

namespace feast {
namespace {

// The keys of one view in the range, under their entity columns.
Result<std::shared_ptr<arrow::Table>> KeysOf(const CallContext& context, const HistoricalPlan& plan,
                                             const HistoricalView& view, const OpenRows& open) {
  SourceRead keys_only = view.read;
  keys_only.features.clear();
  FEAST_ASSIGN_OR_RETURN(auto source, open(keys_only, {plan.start, plan.end}));
  FEAST_RETURN_IF_ERROR(CheckColumns(*source, view.read.join_keys));
  FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, view.read.timestamp_column));
  const LatestQuery query{view.read.join_keys, view.read.timestamp_column, "", plan.start,
                          plan.end};
  FEAST_ASSIGN_OR_RETURN(const auto rows, LatestRowPerKey(context, *source, query));
  FEAST_ASSIGN_OR_RETURN(auto keys, TakeRows(context, *source, rows, view.read.join_keys));
  FEAST_ARROW_ASSIGN(keys, keys->RenameColumns(view.entity_columns));
  return keys;
}

Result<std::shared_ptr<arrow::Table>> Distinct(
    const std::vector<std::shared_ptr<arrow::Table>>& tables) {
  std::vector<std::shared_ptr<arrow::Table>> alike;
  for (const auto& table : tables) {
    arrow::ChunkedArrayVector columns;
    for (const auto& field : tables[0]->schema()->fields()) {
      auto column = table->GetColumnByName(field->name());
      if (!column->type()->Equals(*field->type())) {
        FEAST_ARROW_ASSIGN(auto cast, arrow::compute::Cast(arrow::Datum(column), field->type()));
        column = cast.chunked_array();
      }
      columns.push_back(std::move(column));
    }
    alike.push_back(arrow::Table::Make(tables[0]->schema(), columns, table->num_rows()));
  }
  FEAST_ARROW_ASSIGN(auto all, arrow::ConcatenateTables(alike));
  EntityKeyIndex index;
  FEAST_ASSIGN_OR_RETURN(
      const auto ids, index.Insert(all->columns(), all->schema()->field_names(), all->num_rows()));
  std::vector<int64_t> firsts;
  for (size_t row = 0; row < ids.size(); ++row) {
    if (ids[row] == firsts.size()) firsts.push_back(row);  // ids count up from 0
  }
  const auto indices = RowIndices(std::move(firsts));
  FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(all, indices));
  return taken.table();
}

}  // namespace

Result<std::shared_ptr<arrow::Table>> RangeEntities(const CallContext& context,
                                                    const HistoricalPlan& plan,
                                                    const OpenRows& open) {
  if (!plan.end) return Status::InvalidArgument("retrieval without entity rows needs an end date");
  std::vector<std::shared_ptr<arrow::Table>> tables;
  const HistoricalView* first = nullptr;
  for (const auto& view : plan.views) {
    if (view.read.join_keys.empty()) continue;
    if (!first) first = &view;
    auto sorted = [](std::vector<std::string> names) {
      std::sort(names.begin(), names.end());
      return names;
    };
    if (sorted(view.entity_columns) != sorted(first->entity_columns)) {
      return Status::InvalidArgument(
          "feature views " + first->view + " and " + view.view +
          " have different entities; retrieval by a date range needs the "
          "same ones, so pass entity rows instead");
    }
    FEAST_ASSIGN_OR_RETURN(auto keys, KeysOf(context, plan, view, open));
    tables.push_back(std::move(keys));
  }
  int64_t rows = 1;
  std::shared_ptr<arrow::Table> keys;
  if (!tables.empty()) {
    FEAST_ASSIGN_OR_RETURN(keys, Distinct(tables));
    rows = keys->num_rows();
  }
  const auto utc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  FEAST_ARROW_ASSIGN(auto time,
                     arrow::MakeArrayFromScalar(arrow::TimestampScalar(*plan.end, utc), rows));
  arrow::FieldVector fields{arrow::field("event_timestamp", utc)};
  arrow::ChunkedArrayVector columns{std::make_shared<arrow::ChunkedArray>(time)};
  if (keys) {
    for (int c = 0; c < keys->num_columns(); ++c) {
      fields.push_back(keys->field(c));
      columns.push_back(keys->column(c));
    }
  }
  return arrow::Table::Make(arrow::schema(fields), columns, rows);
}

}  // namespace feast
