#pragma once
#include <string>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast::cmd {

/// The rows of a stream as a JSON list of objects, as pandas' `to_json(orient="records")` writes
/// them: times are milliseconds since 1970, NaN and types without a JSON form are null.
Result<std::string> JsonRecords(OwnedStream stream);

}  // namespace feast::cmd
