#pragma once
#include <string>
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// The failure that a server reports with this SQLSTATE.
Status SqlStateError(std::string_view sqlstate, std::string message);

/// Whether the transaction lost against another one, and may pass when it is tried again.
bool IsLostRace(std::string_view sqlstate);

}  // namespace feast
