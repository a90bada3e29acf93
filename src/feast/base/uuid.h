#pragma once
#include <string>

namespace feast {

/// A random UUID (version 4) in text form, e.g. of a registry's `version_id`. Thread-safe.
std::string RandomUuid();

}  // namespace feast
