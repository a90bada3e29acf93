#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast_batch/stores/duckdb/duckdb_settings.h"

namespace feast {

/// One connection to a DuckDB. Temporary tables and views are its own. Thread-compatible; keeps its
/// database open.
///
/// Errors are DuckDB's texts under our codes: what was asked wrongly is InvalidArgument, a missing
/// file NotFound (FileNotFoundError), memory or disk at its limit ResourceExhausted, a missing
/// extension FailedPrecondition. Statements end early, with their context's error, when it ends.
class DuckDbConnection {
 public:
  ~DuckDbConnection();

  /// Runs one statement and drops its result.
  Status Run(const CallContext& context, const std::string& sql);
  /// The rows of one statement, in memory.
  Result<std::shared_ptr<arrow::Table>> Query(const CallContext& context, const std::string& sql);
  /// The columns that a query would give; nothing runs.
  Result<std::shared_ptr<arrow::Schema>> SchemaOf(const CallContext& context,
                                                  const std::string& sql);
  /// InvalidArgument unless the text is one SELECT.
  Status CheckOneSelect(const std::string& sql);
  /// The tables and views that a query names, without their schemas.
  Result<std::vector<std::string>> TablesIn(const std::string& sql);
  /// Loads an extension that is installed; installs it first if the settings allow that.
  /// FailedPrecondition says what to do about a missing one.
  Status Load(const CallContext& context, const std::string& extension);

 private:
  friend class DuckDb;
  struct State;
  explicit DuckDbConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A DuckDB in memory, whose tables spill to the settings' folder. Thread-safe.
class DuckDb {
 public:
  /// FeastConfigError if it refuses a setting.
  static Result<std::shared_ptr<DuckDb>> Open(const DuckDbSettings& settings);
  /// Removes what it spilled.
  ~DuckDb();
  Result<std::unique_ptr<DuckDbConnection>> Connect() const;

 private:
  friend class DuckDbConnection;
  struct State;
  explicit DuckDb(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace feast
