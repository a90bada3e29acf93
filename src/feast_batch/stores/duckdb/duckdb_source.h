#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast_batch/point_in_time/row_source.h"
#include "feast_batch/stores/duckdb/duckdb_engine.h"
#include "feast_batch/stores/duckdb/source_scan.h"

namespace feast {

/// Which part of a source is wanted.
struct RowsWanted {
  std::vector<std::string> columns;  ///< those that the source lacks are left out
  std::string time_column;           ///< of the bounds
  std::optional<Micros> from;        ///< rows outside both, inclusive, may be left out
  std::optional<Micros> to;
};

/// Makes a connection ready for a scan: extensions and the S3 endpoint. Errors name the source.
Status PrepareScan(const CallContext& context, const SourceScan& scan,
                   DuckDbConnection* connection);

/// The columns of a source; nothing is read but what tells them.
Result<std::shared_ptr<arrow::Schema>> ScanSchema(const CallContext& context,
                                                  const SourceScan& scan,
                                                  DuckDbConnection* connection);

/// Whether bounds of time are part of what DuckDB reads: for columns of microseconds, where the
/// comparison is exact and DuckDB can skip what it reads.
bool PushesTimes(const arrow::Schema& schema, const std::string& time_column);

/// The rows that DuckDB reads, in their order, as they were at this moment: read once into a
/// temporary table of DuckDB's, which spills to disk at the memory limit, then served by groups.
/// `context` also ends later reads.
Result<std::unique_ptr<RowSource>> OpenDuckDbSource(const CallContext& context,
                                                    const SourceScan& scan,
                                                    const RowsWanted& wanted,
                                                    std::unique_ptr<DuckDbConnection> connection);

}  // namespace feast
