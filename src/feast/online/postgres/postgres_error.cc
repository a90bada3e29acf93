#include "feast/online/postgres/postgres_error.h"

#include "feast/postgres/sql_state.h"

namespace feast {

Status MissingPostgresTable(std::string_view table, std::string_view where) {
  return Status::FailedPrecondition(
      "the online store has no table for this feature view; run `feast apply` first: no such "
      "table in " +
      std::string(where) + ": " + std::string(table));
}

Status PostgresError(std::string_view sqlstate, std::string_view message, std::string_view table,
                     std::string_view where) {
  if (sqlstate == "42P01" && !table.empty()) return MissingPostgresTable(table, where);
  std::string text(where);
  if (!table.empty()) text.append(": table ").append(table);
  text.append(": ").append(message);
  return SqlStateError(sqlstate, std::move(text));
}

}  // namespace feast
