#include "feast/online/sqlite/sqlite_schema.h"

#include <sqlite3.h>

#include <vector>

#include "feast/base/sql_text.h"
#include "feast/definitions/names.h"

namespace feast {

Status MissingTable(std::string_view table) {
  return Status::FailedPrecondition(
      "the online store has no table for this feature view; run `feast apply` first: no such "
      "table: " +
      std::string(table));
}

Status CreateTable(SqliteConnection& connection, const std::string& table, bool with_numbers) {
  const std::string name = SqlName(table);
  FEAST_RETURN_IF_ERROR(
      connection.Execute("CREATE TABLE IF NOT EXISTS " + name +
                         " (entity_key BLOB, feature_name TEXT, value BLOB, value_text TEXT, " +
                         (with_numbers ? "value_num REAL, " : "") +
                         "vector_value BLOB, event_ts timestamp, created_ts timestamp, "
                         "PRIMARY KEY(entity_key, feature_name))"));
  FEAST_RETURN_IF_ERROR(connection.Execute("CREATE INDEX IF NOT EXISTS " + SqlName(table + "_ek") +
                                           " ON " + name + " (entity_key)"));
  FEAST_ASSIGN_OR_RETURN(const auto columns, ColumnsOf(connection, table));
  const auto add = [&](const char* column, const char* type) {
    if (columns.contains(column)) return Status::OK();
    return connection.Execute("ALTER TABLE " + name + " ADD COLUMN \"" + column + "\" " + type);
  };
  FEAST_RETURN_IF_ERROR(add("value_text", "TEXT"));
  return with_numbers ? add("value_num", "REAL") : Status::OK();
}

Result<std::set<std::string>> ColumnsOf(SqliteConnection& connection, const std::string& table) {
  FEAST_ASSIGN_OR_RETURN(sqlite3_stmt * statement,
                         connection.Prepared("SELECT name FROM pragma_table_info(?)"));
  sqlite3_bind_text(statement, 1, table.data(), static_cast<int>(table.size()), SQLITE_STATIC);
  std::set<std::string> columns;
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    columns.emplace(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  }
  const Status failure =
      code == SQLITE_DONE ? Status::OK() : connection.LastError("reading the columns of " + table);
  sqlite3_reset(statement);
  FEAST_RETURN_IF_ERROR(failure);
  if (columns.empty()) return MissingTable(table);
  return columns;
}

Status DropTables(SqliteConnection& connection, const OnlineTable& table,
                  const std::set<std::string>& keep) {
  const std::string wanted = table.project + "_" + table.view;
  std::vector<std::string> names;
  {
    FEAST_ASSIGN_OR_RETURN(
        sqlite3_stmt * statement,
        connection.Prepared("SELECT name FROM sqlite_master WHERE type = 'table'"));
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string name = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      if (IsNameOrVersionOf(name, wanted) && !keep.contains(name)) names.push_back(std::move(name));
    }
    sqlite3_reset(statement);
  }
  for (const auto& name : names) {
    FEAST_RETURN_IF_ERROR(connection.Execute("DROP TABLE IF EXISTS " + SqlName(name)));
  }
  return Status::OK();
}

}  // namespace feast
