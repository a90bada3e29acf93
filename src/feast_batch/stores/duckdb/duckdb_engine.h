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
  virtual ~DuckDbConnection() = default;

  /// Runs one statement and drops its result.
  virtual Status Run(const CallContext& context, const std::string& sql) = 0;
  /// The rows of one statement, in memory.
  virtual Result<std::shared_ptr<arrow::Table>> Query(const CallContext& context,
                                                      const std::string& sql) = 0;
  /// The columns that a query would give; nothing runs.
  virtual Result<std::shared_ptr<arrow::Schema>> SchemaOf(const CallContext& context,
                                                          const std::string& sql) = 0;
  /// InvalidArgument unless the text is one SELECT.
  virtual Status CheckOneSelect(const std::string& sql) = 0;
  /// The tables and views that a query names, without their schemas.
  virtual Result<std::vector<std::string>> TablesIn(const std::string& sql) = 0;
  /// Loads an extension that is installed; installs it first if the settings allow that.
  /// FailedPrecondition says what to do about a missing one.
  virtual Status Load(const CallContext& context, const std::string& extension) = 0;
};

/// A DuckDB in memory, whose tables spill to the settings' folder; its end removes what it spilled.
/// Thread-safe.
class DuckDb {
 public:
  virtual ~DuckDb() = default;
  virtual Result<std::unique_ptr<DuckDbConnection>> Connect() const = 0;
};

/// What libfeast_duckdb_engine.so offers. DuckDB has a library of its own, opened when a store
/// first needs it, so that nobody else pays for DuckDB. Lives as long as the process, thread-safe.
class DuckDbEngine {
 public:
  virtual ~DuckDbEngine() = default;
  /// FeastConfigError if DuckDB refuses a setting.
  virtual Result<std::shared_ptr<DuckDb>> Open(const DuckDbSettings& settings) = 0;
};

/// Opens that library, once per process. Unavailable, naming the file, if it is missing or from
/// another build.
Result<DuckDbEngine*> LoadDuckDbEngine();

/// The entry point, `extern "C" feast_duckdb`: null if `build_id` is not the library's own.
using DuckDbEntry = DuckDbEngine*(const char* build_id);

}  // namespace feast
