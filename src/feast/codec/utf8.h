#pragma once
#include <string_view>

namespace feast {

/// Whether a protobuf `string` may hold these bytes.
bool IsUtf8(std::string_view text);

}  // namespace feast
