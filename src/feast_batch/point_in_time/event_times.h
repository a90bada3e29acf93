#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/clock.h"
#include "feast/base/result.h"

namespace feast {

/// The unit in which two time columns are compared: nanoseconds if either has them.
enum class Tick { kMicros, kNanos };

Tick TickOf(const arrow::DataType& type);
inline Tick Finer(Tick a, Tick b) { return a == Tick::kNanos ? a : b; }
/// Saturates.
int64_t ToTicks(Micros time, Tick tick);

/// Inclusive bounds in the unit of a time column; a null time is outside any bound.
struct TickRange {
  static TickRange Of(std::optional<Micros> start, std::optional<Micros> end, Tick tick);
  bool Has(int64_t time) const { return time >= from && time <= to; }

  int64_t from = std::numeric_limits<int64_t>::min();
  int64_t to = std::numeric_limits<int64_t>::max();
};

/// Instants of a timestamp, date or ISO 8601 text column; naive is UTC, null is kNoTime.
/// InvalidArgument, naming the column, for other types and texts that are no time.
Result<std::vector<int64_t>> TicksOf(const arrow::ChunkedArray& column, Tick tick,
                                     const std::string& name);

/// The column as timestamps with zone UTC: naive ones are taken for UTC, others keep their instant.
Result<std::shared_ptr<arrow::ChunkedArray>> AsUtc(
    const std::shared_ptr<arrow::ChunkedArray>& column, const std::string& name);

}  // namespace feast
