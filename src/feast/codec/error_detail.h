#pragma once
#include <string>

#include "feast/base/status.h"

namespace feast {

/// What a server says of a failure: of a FeastError the detail that clients rebuild the exception
/// from (wire.md §0.2: Python's json.dumps of module, class and message, ASCII only), else the
/// message.
std::string ErrorDetail(const Status& status);

}  // namespace feast
