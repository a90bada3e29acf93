#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace feast {

/// Seconds east of UTC at that instant: for "", "Z", "UTC", "+01:00", "UTC+01:00", and names of the
/// host's zone database ("Europe/Paris"). None for names it does not know. Reads one small file
/// the first time a thread asks for a database name, and never again.
std::optional<int> ZoneOffsetAt(std::string_view zone, int64_t epoch_seconds);

}  // namespace feast
