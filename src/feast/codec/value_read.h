#pragma once
#include <string_view>

#include "feast/base/result.h"
#include "feast/types/raw_value.h"

namespace feast {

/// The untyped form of a serialized Value: times are whole seconds, sets are lists, maps keep their
/// order. Empty bytes are null. InvalidArgument if the bytes are no Value, hold text that is not
/// UTF-8, are nested too deeply, or hold a zoned time or a map with keys of any type.
Result<RawValue> ReadValue(std::string_view value_bytes);

/// Whether a client can read these bytes inside an answer: whole fields of their wire type, text in
/// UTF-8. What lies inside lists and maps is not looked at. DataLoss says what is wrong.
Status CheckValue(std::string_view value_bytes);

}  // namespace feast
