#pragma once
#include <nanobind/nanobind.h>

#include "feast/types/raw_value.h"

namespace feast::native {

/// A Python value as an untyped one: None, bool, int, float, str, bytes, datetime (seconds since
/// 1970), UUID and Decimal (as text), list, tuple, set, dict, numpy scalars and arrays.
///
/// OverflowError for an int outside 64 bits, TypeError for any other type, naming it. Needs the
/// GIL.
RawValue ToRawValue(nanobind::handle value);

}  // namespace feast::native
