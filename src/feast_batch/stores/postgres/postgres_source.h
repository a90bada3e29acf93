#pragma once
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/core/DataSource.pb.h"
#include "feast/core/SavedDataset.pb.h"
#include "feast/offline/offline_store.h"
#include "feast_batch/stores/postgres/column_types.h"
#include "feast_batch/stores/postgres/postgres_session_internal.h"

namespace feast {

/// A source as SQL names it; a push or stream source stands for its batch source.
struct PostgresSource {
  std::string name;   ///< for messages: source 'stats' (shop.stats)
  std::string table;  ///< as the source writes it, perhaps with a schema; empty: a query
  std::string from;   ///< what stands after FROM
};

/// InvalidArgument for sources that are none of PostgreSQL's.
Result<PostgresSource> PostgresSourceOf(const core::DataSource& source);

/// A query for entity rows, in which each of those sources is a table under its name.
std::string EntityQuery(const std::string& sql, const std::vector<core::DataSource>& sources);

/// The table of a saved dataset; InvalidArgument for other storages than PostgreSQL's.
Result<std::string> PostgresTableOf(const core::SavedDatasetStorage& storage);

/// Columns of an answer.
struct PostgresColumns {
  std::vector<std::string> names;
  std::vector<PostgresColumnType> types;

  /// -1: none.
  int Find(const std::string& name) const;
};

/// The columns that a query would give; nothing runs.
Result<PostgresColumns> DescribeQuery(PostgresSession& session, const std::string& sql);

/// What the server knows about a source. Immutable.
struct SourceTable {
  PostgresSource source;
  PostgresColumns columns;
  /// Where a row is stored, as columns in order: its place in the table, or first its part of a
  /// divided one. Empty for views and queries, whose rows have no places.
  std::vector<std::string> row_places;

  /// InvalidArgument (a KeyError) naming source, column and what columns there are.
  Status Check(const std::vector<std::string>& names) const;
  /// The same, unless it also is a time.
  Status CheckTime(const std::string& name) const;
  /// All columns of a read.
  Status CheckRead(const SourceRead& read) const;
  /// Of a column that there is.
  const PostgresColumnType& TypeOf(const std::string& name) const;
  /// A column of `s`, in the form in which it travels.
  std::string Expression(const std::string& name) const;
};

/// Asks the server; not inside a transaction. Errors name the source.
Result<SourceTable> DescribeTable(PostgresSession& session, const PostgresSource& source);

}  // namespace feast
