#pragma once
#include <set>
#include <string>
#include <string_view>

#include "feast/base/result.h"
#include "feast/online/online_store.h"
#include "feast/online/sqlite/sqlite_connection.h"

namespace feast {

/// Tables as upstream lays them out (storage.md §3.1).

/// Creates the table and its index, and adds columns that an older table lacks. Idempotent.
Status CreateTable(SqliteConnection& connection, const std::string& table, bool with_numbers);

/// Drops the table of the view and of all its versions, but never one in `keep`.
Status DropTables(SqliteConnection& connection, const OnlineTable& table,
                  const std::set<std::string>& keep);

/// Columns that the table has now. FailedPrecondition naming the table when it does not exist.
Result<std::set<std::string>> ColumnsOf(SqliteConnection& connection, const std::string& table);

/// What a read or a write of a table that was never applied answers.
Status MissingTable(std::string_view table);

}  // namespace feast
