#pragma once
#include <string>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// Appends all batches of `stream` to `out` as an Arrow IPC stream. InvalidArgument when a type has
/// no IPC form here, or with the producer's message.
Status WriteIpcStream(OwnedStream stream, std::string* out);

/// Batches of the Arrow IPC stream in `bytes`, which it copies. DataLoss when that is not one.
Result<OwnedStream> ReadIpcStream(std::string_view bytes);

}  // namespace feast
