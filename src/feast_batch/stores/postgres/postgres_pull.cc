#include <arrow/record_batch.h>

#include "feast/base/sql_text.h"
#include "feast_batch/point_in_time/row_source.h"
#include "feast_batch/stores/postgres/postgres_tables.h"
#include "feast_batch/stores/postgres/postgres_text.h"
#include "feast_batch/stores/postgres/row_stream_internal.h"

namespace feast {
namespace {

// The newest row of each key: nulls are lowest, and one key.
std::string LatestSql(const PullPlan& plan, const SourceTable& source, const std::string& select,
                      const std::string& where) {
  const SourceRead& read = plan.read;
  std::string keys, order;
  for (const auto& key : read.join_keys) {
    keys += (keys.empty() ? "" : ", ") + std::string("s.") + SqlName(key);
  }
  order = keys.empty() ? "" : keys + ", ";
  order += "s." + SqlName(read.timestamp_column) + " DESC NULLS LAST";
  if (!read.created_column.empty()) {
    order += ", s." + SqlName(read.created_column) + " DESC NULLS LAST";
  }
  std::string from = source.source.from + " AS s";
  for (const auto& place : source.row_places) order += ", s." + place + " DESC";
  if (source.row_places.empty()) {
    from =
        "(SELECT *, row_number() OVER () AS feast_row FROM " + source.source.from + " AS q) AS s";
    order += ", s.feast_row DESC";
  }
  return "SELECT " + (keys.empty() ? "" : "DISTINCT ON (" + keys + ") ") + select + " FROM " +
         from + where + " ORDER BY " + order + (keys.empty() ? " LIMIT 1" : "");
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> PullFromPostgres(
    const CallContext& context, const std::shared_ptr<const PostgresServer>& server,
    const PullPlan& plan) {
  const SourceRead& read = plan.read;
  FEAST_ASSIGN_OR_RETURN(const auto named, PostgresSourceOf(read.source));
  FEAST_ASSIGN_OR_RETURN(auto session, PostgresSession::Connect(context, server));
  FEAST_ASSIGN_OR_RETURN(const auto source, DescribeTable(*session, named));
  PostgresColumns columns;
  columns.names =
      DistinctNames({read.join_keys, read.features, {read.timestamp_column, read.created_column}});
  FEAST_RETURN_IF_ERROR(source.CheckRead(read));
  std::string select;
  for (const auto& name : columns.names) {
    select += (select.empty() ? "" : ", ") + source.Expression(name);
    columns.types.push_back(source.TypeOf(name));
  }
  const std::string where =
      " WHERE true" + PostgresBounds("s." + SqlName(read.timestamp_column), plan.start, plan.end);
  FEAST_RETURN_IF_ERROR(session->Run("BEGIN READ ONLY"));
  if (plan.latest_only && source.row_places.empty()) {
    FEAST_RETURN_IF_ERROR(session->Run("SET LOCAL max_parallel_workers_per_gather = 0"));
  }
  const std::string sql = plan.latest_only
                              ? LatestSql(plan, source, select, where)
                              : "SELECT " + select + " FROM " + named.from + " AS s" + where;
  auto rows = StreamRows(std::move(session), sql, columns);
  if (!rows.ok()) return rows.status().Annotate(named.name);
  return rows;
}

}  // namespace feast
