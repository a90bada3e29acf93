#pragma once
#include <span>

#include "feast/online/store_type.h"

namespace feast {

/// The built-in online stores, generated from the list in src/feast/online/CMakeLists.txt.
std::span<const OnlineStoreType* const> BuiltInOnlineStores();

}  // namespace feast
