#pragma once
#include <iosfwd>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast::cmd {

/// Prints the rows of a stream, batch by batch, as a JSON list of objects, as pandas'
/// `to_json(orient="records", indent=4)` writes them: times are milliseconds since 1970, NaN and
/// types without a JSON form are null.
Status PrintJsonRecords(OwnedStream stream, std::ostream& out);

}  // namespace feast::cmd
