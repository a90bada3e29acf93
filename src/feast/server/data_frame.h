#pragma once
#include "feast/base/result.h"
#include "feast/types/arrow_c.h"
#include "feast/types/raw_value.h"

namespace feast {

/// Turns the `df` of a request (column name → array) into one Arrow record batch.
///
/// A column becomes null, bool, int64, double (also integers and doubles mixed), string, binary, or
/// a list of those; nulls may stand anywhere, and NaN is one. InvalidArgument names the columns: of
/// unequal length, of mixed types, or that are no array.
Result<OwnedStream> DataFrameToStream(const RawValue::Map& columns);

}  // namespace feast
