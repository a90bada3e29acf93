#pragma once
#include <string>
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// The failure that a server reports with this SQLSTATE.
Status SqlStateError(std::string_view sqlstate, std::string message);

/// A message of libpq or a server on one line: theirs end in a line break and may have several.
std::string OnOneLine(std::string_view message);

/// Whether the transaction lost against another one, and may pass when it is tried again.
bool IsLostRace(std::string_view sqlstate);

}  // namespace feast
