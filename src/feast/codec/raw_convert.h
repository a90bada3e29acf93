#pragma once
#include <cstdint>
#include <string>

#include "feast/base/result.h"
#include "feast/types/raw_value.h"
#include "feast/types/value_type.h"

namespace feast {

/// Whole seconds that stand for "no time" (NaT) inside a UNIX_TIMESTAMP value, as upstream stores
/// it.
inline constexpr int64_t kNullTimestamp = INT64_MIN;

/// Conversions of one untyped value to the element of a declared type, as Python's int(), float(),
/// str() and upstream's checks would have it (storage.md §6.5). All fail with InvalidArgument that
/// names value and type.

/// int(x): floats are cut towards zero, text must be a decimal integer. Checks the range of INT32.
Result<int64_t> ToInteger(const RawValue& value, ValueType type);

/// float(x): text must be a number or one of NaN, Infinity, -Infinity.
Result<double> ToNumber(const RawValue& value, ValueType type);

/// Bools and integers; nothing else.
Result<bool> ToBool(const RawValue& value, ValueType type);

/// Whole seconds since the epoch: numbers as they are, ISO 8601 text floored (naive = UTC).
Result<int64_t> ToEpochSeconds(const RawValue& value, ValueType type);

/// The text of a string-like type; JSON types take JSON text as it is and dump everything else.
Result<std::string> ToText(const RawValue& value, ValueType type);

/// Whether a caller means "no value" by it: null or NaN.
bool IsMissing(const RawValue& value);

/// The type that upstream infers for an untyped value; kInvalid for null and empty lists.
ValueType InferValueType(const RawValue& value);

/// InvalidArgument: "cannot convert 'x' to INT32".
Status CannotConvert(const RawValue& value, ValueType type);

}  // namespace feast
