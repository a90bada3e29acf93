#pragma once
#include <string>
#include <string_view>

#include "feast/types/raw_value.h"

namespace feast {

/// Text as Python would write it: what upstream stores when a value is turned into a string.

/// Appends repr(x): "1.0", "1e-05", "nan", "inf".
void AppendPythonDouble(double value, std::string* out);

/// Appends str(x): "True", "None", "1001", "['a', 1.5]", "{'k': b'\\x00'}".
void AppendPythonStr(const RawValue& value, std::string* out);

/// Appends json.dumps(x): separators ", " and ": ", non-ASCII escaped. Bytes become their base64.
void AppendPythonJson(const RawValue& value, std::string* out);

/// Appends standard base64 with padding.
void AppendBase64(std::string_view bytes, std::string* out);

}  // namespace feast
