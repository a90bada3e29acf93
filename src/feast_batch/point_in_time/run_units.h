#pragma once
#include <cstddef>
#include <functional>

#include "feast/base/status.h"

namespace feast {

/// Runs `work(unit, thread)` for every unit below `units`, on `threads` threads of which the
/// caller's is one; `thread` is below `threads`, and no two calls with the same one overlap. Units
/// are begun in order. After an error no further unit is begun, and the first error is returned;
/// what `work` throws is one.
Status RunUnits(size_t units, size_t threads,
                const std::function<Status(size_t unit, size_t thread)>& work);

}  // namespace feast
