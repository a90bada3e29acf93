#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "feast/offline/offline_store.h"
#include "feast_batch/spill/spill_file.h"

namespace feast {

struct OfflineStoreEnv;

/// How much memory a training join may take, and what there is beyond; in bytes.
struct JoinMemory {
  /// `native.historical`: `memory_limit` and `max_temp_directory_size`, numbers of bytes or texts
  /// like `2GB` or `512MiB`, and `temp_directory`. FeastConfigError names file, line and key.
  static Result<JoinMemory> Read(const OfflineStoreEnv& env);

  /// Entity rows that may be joined at once, when results that were handed out hold `held` bytes:
  /// at least the share of an eighth of the limit.
  int64_t RowsAtOnce(int64_t bytes_per_row, int64_t held) const;

  /// Where temporary files go.
  std::string SpillDirectory() const;
  /// Room for them.
  std::shared_ptr<SpillSpace> OpenSpill() const;

  int64_t limit = 0;                 ///< without a setting half of what this process may have
  int64_t least_rows = 1 << 16;      ///< joined at once, whatever the limit
  std::string temp_directory;        ///< empty: the system's
  std::optional<int64_t> temp_size;  ///< 0: no files; none: nine tenths of what is free
};

/// What an entity row takes while it is joined, by the declared types: the row, its slots, winners
/// and features. Texts, lists and maps are guessed.
int64_t BytesPerRow(const HistoricalPlan& plan, const arrow::Schema& entities);

/// The bytes of a text like `2GB` (powers of 1000) or `512 MiB` (of 1024), or a plain number; none
/// if it is no such text, or zero.
std::optional<int64_t> ParseBytes(const std::string& text);

}  // namespace feast
