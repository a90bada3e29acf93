#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "feast/online/online_store.h"
#include "feast/online/postgres/postgres_options.h"

namespace feast {

/// Upstream's tables in PostgreSQL (storage.md §3.2), as SQL.

/// The name that PostgreSQL keeps: the first 63 bytes.
std::string_view KeptPostgresName(std::string_view name);

/// Creates the table and its indexes where they are not there.
std::vector<std::string> CreateTableSql(const OnlineTable& table, const PostgresOptions& options);

/// Rows (entity_key, feature_name, value, event_ts) of the keys $1, and of the features $2 only
/// when `some_features`.
std::string ReadSql(std::string_view table, bool some_features);

/// Which columns a table has, as rows of names; none when there is no table $1 (quoted).
std::string ColumnsSql();

/// The next thousand keys after $1, in order.
std::string NextKeysSql(std::string_view table);

/// Columns that tables may lack.
struct PostgresColumns {
  bool text = false;
  bool number = false;
  bool vector = false;
};

/// One upsert of the rows in the arrays $1 key, $2 feature, $3 value, $4 event time, $5 created
/// time and then value_text and value_num where the table has them. A row whose stored event time
/// is later stays as it is.
std::string UpsertSql(std::string_view table, const PostgresColumns& columns);

}  // namespace feast
