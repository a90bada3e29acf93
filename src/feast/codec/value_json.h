#pragma once
#include <span>
#include <string>
#include <string_view>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/types/raw_value.h"

namespace feast {

/// Appends the HTTP JSON form of a serialized Value (wire.md §1.3: int64 as number, bytes as
/// base64, NaN and infinities as strings), straight from its bytes. DataLoss if they are not a
/// Value.
Status AppendValueJson(std::string_view value_bytes, std::string* out);

/// Appends what AppendValueJson does for each value, with commas between; an empty value is null.
/// Whole numbers and flags, alone in their Value, take a short way. DataLoss names the row.
Status AppendValuesJson(std::span<const std::string_view> values, std::string* out);

/// Appends `text` as a JSON string with quotes; invalid UTF-8 becomes U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

/// Appends Python's repr of a double: shortest round trip, with ".0" for whole numbers.
void AppendJsonDouble(double value, std::string* out);

/// Appends the RFC 3339 form with Z and 0, 3 or 6 fraction digits, without quotes.
void AppendRfc3339(Micros time, std::string* out);

/// Parses any JSON document. InvalidArgument with the offset; `max_depth` bounds nesting.
Result<RawValue> ParseJson(std::string_view text, int max_depth = 64);

/// The same for what Python's json module reads besides: NaN, Infinity and -Infinity, and a byte
/// order mark in front. Costs nothing where they do not occur. OutOfRange when it is nested deeper
/// than `max_depth`, DataLoss when it is not UTF-8.
Result<RawValue> ParsePythonJson(std::string_view text, int max_depth = 64);

}  // namespace feast
