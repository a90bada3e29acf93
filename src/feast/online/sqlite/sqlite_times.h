#pragma once
#include <cstdint>

#include "feast/base/clock.h"

namespace feast {

/// How times lie in the table: epoch seconds, or, as upstream writes them, shifted by the zone of
/// the host (docs/formats/sqlite_online.md).
enum class StoredTimes { kUtc, kHostZone };

/// The number that stands for a time; the fraction of a second is dropped.
int64_t ToStored(Micros time, StoredTimes as);

/// The time that a stored number stands for.
Micros FromStored(int64_t stored, StoredTimes as);

}  // namespace feast
