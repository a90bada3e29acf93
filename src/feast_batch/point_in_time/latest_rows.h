#pragma once
#include <optional>
#include <string>
#include <vector>

#include "feast_batch/point_in_time/row_source.h"

namespace feast {

struct LatestQuery {
  std::vector<std::string> join_keys;  ///< none: the newest row of all
  std::string timestamp_column;
  std::string created_column;   ///< empty: none
  std::optional<Micros> start;  ///< both inclusive
  std::optional<Micros> end;
  bool keep_null_keys = false;  ///< rows with a null key part count as one key
};

/// Ascending row numbers of the newest row per key with a time in the range: greatest (time,
/// created, row), nulls lowest. The columns must exist. Memory: one entry a key.
Result<std::vector<uint64_t>> LatestRowPerKey(const CallContext& context, RowSource& source,
                                              const LatestQuery& query);

}  // namespace feast
