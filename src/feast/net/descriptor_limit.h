#pragma once
#include <cstdint>

namespace feast {

/// Raises this process's limit of open files as far as the system lets it, and returns it.
uint64_t RaiseDescriptorLimit();

}  // namespace feast
