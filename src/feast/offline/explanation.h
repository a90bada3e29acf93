#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/clock.h"

namespace feast {

/// What is known of entity rows before they are joined.
struct EntityFacts {
  std::optional<int64_t> rows;
  std::optional<Micros> earliest;  ///< of their times
  std::optional<Micros> latest;
};

/// How one feature view will be read and joined. What is not known is none or empty.
struct ViewExplanation {
  std::string view;
  std::string source;  ///< as messages name it
  std::string route;   ///< who joins: "as-of join in this process"
  std::string reason;  ///< why that route
  std::string reader;  ///< who reads: "Parquet", or the SQL that is run

  std::vector<std::string> scanned_with;  ///< views of the same source, read in the same scan
  std::vector<std::string> join_keys;     ///< columns of the source
  std::vector<std::string> scan_columns;  ///< read of every row in range: keys and times
  std::vector<std::string> feature_columns;
  bool features_with_scan = false;   ///< false: features are fetched for the winning rows only
  std::vector<std::string> filters;  ///< pushed into the reader

  std::optional<int64_t> files;  ///< of the source
  std::optional<int64_t> files_read;
  std::optional<int64_t> groups;  ///< row groups, or whatever the source is read by
  std::optional<int64_t> groups_read;
  std::optional<int64_t> rows;
  std::optional<int64_t> rows_read;
  std::optional<int64_t> scan_bytes;     ///< as stored, of the first pass
  std::optional<int64_t> feature_bytes;  ///< the same of the second, at most
};

/// What a join in this process may hold.
struct MemoryExplanation {
  int64_t limit = 0;         ///< bytes
  int64_t rows_at_once = 0;  ///< entity rows, by the declared types
  std::string beyond;        ///< where more of them go
};

/// What a training join will do, before it is done.
struct HistoricalExplanation {
  std::string store;  ///< its `type:`
  EntityFacts entities;
  std::optional<MemoryExplanation> memory;
  std::vector<ViewExplanation> views;
  std::vector<std::string> on_demand;  ///< views that are run on the joined rows, in order
};

}  // namespace feast
