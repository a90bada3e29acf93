#pragma once
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/online/online_store.h"
#include "feast/online/sqlite/sqlite_connection.h"
#include "feast/online/sqlite/sqlite_times.h"

namespace feast {

/// Answers all reads from one snapshot of the database: one index lookup a key.
Result<std::vector<TableRows>> ReadRows(SqliteConnection& connection, const CallContext& context,
                                        const std::vector<TableRead>& reads, StoredTimes times);

/// At most `limit` distinct keys of a table after `after`, in order of bytes.
Result<std::vector<std::string>> ReadKeys(SqliteConnection& connection, const std::string& table,
                                          const std::string& after, int limit);

}  // namespace feast
