#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>

#include "feast/offline/offline_store.h"

namespace feast {

struct OfflineStoreEnv;

/// How much memory a training join may take, in bytes.
struct JoinMemory {
  /// `native.historical.memory_limit`, a number of bytes or a text like `2GB` or `512MiB`; without
  /// it half of what this process may have. FeastConfigError names file, line and key.
  static Result<JoinMemory> Read(const OfflineStoreEnv& env);

  /// Entity rows that may be joined at once, when results that were handed out hold `held` bytes:
  /// the sources are read again for the next ones, so at least the share of an eighth of the limit.
  int64_t RowsAtOnce(int64_t bytes_per_row, int64_t held) const;

  int64_t limit = 0;
};

/// What an entity row takes while it is joined, by the declared types: the row, its slots, winners
/// and features. Texts, lists and maps are guessed.
int64_t BytesPerRow(const HistoricalPlan& plan, const arrow::Schema& entities);

/// The bytes of a text like `2GB` (powers of 1000) or `512 MiB` (of 1024), or a plain number; none
/// if it is no such text, or zero.
std::optional<int64_t> ParseBytes(const std::string& text);

}  // namespace feast
