#pragma once
#include <cstdint>

namespace feast {

/// What became of the rows of answers that were to be logged, since the start.
struct FeatureLogCounts {
  uint64_t written = 0;
  uint64_t dropped = 0;  ///< there was no room to wait
  uint64_t failed = 0;   ///< they could not be encoded or written, and are lost
  uint64_t failed_writes =
      0;                 ///< calls that failed; their rows are tried again while there is room
  uint64_t waiting = 0;  ///< rows, now
};

}  // namespace feast
