#pragma once
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/core/DataSource.pb.h"
#include "feast_batch/stores/duckdb/duckdb_settings.h"

namespace feast {

/// How a file source is read.
struct SourceScan {
  std::string source;       ///< its name
  std::string name;         ///< for messages: source 'stats' (data/stats.csv)
  std::string native_uri;   ///< Parquet, Delta and Iceberg for our own reader; else empty
  core::FileFormat format;  ///< as the source says
  std::string from;         ///< what DuckDB reads: read_csv(['data/stats.csv'])
  std::vector<std::string> extensions;  ///< that DuckDB needs for it
  std::string s3_endpoint;              ///< instead of Amazon's; a url, or host and port
};

/// The format is the source's, or what the name ends in (.csv, .tsv, .json, .jsonl, .ndjson, also
/// compressed), else Parquet. Local paths are relative to the repo; patterns (`*`, `?`, `[`) and
/// folders of Parquet are read whole. Our own reader takes Parquet and tables that are local or in
/// an object store, and no pattern. InvalidArgument for a source that is no file source,
/// NotFound (FileNotFoundError) if there is no such file.
Result<SourceScan> ScanOf(const core::DataSource& source, const DuckDbSettings& settings);

}  // namespace feast
