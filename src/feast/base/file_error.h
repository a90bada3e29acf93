#pragma once
#include <string>
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// A failed file operation: code and kind that fit the system's error number, and `message`.
/// Space, access and a missing file have kinds or codes of their own; anything else is Unavailable.
Status FileFailure(std::string message, int error_number);

/// "Cannot <verb> <path>: <reason>", as FileFailure, with what to do about it where that is known.
Status FileError(std::string_view verb, const std::string& path, int error_number);

}  // namespace feast
