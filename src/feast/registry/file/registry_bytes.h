#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "feast/core/Registry.pb.h"

namespace feast {

/// A registry as the bytes of its file (docs/formats/registry_file.md): equal registries give equal
/// bytes.
std::string SerializeRegistry(const core::Registry& registry);

/// None if the bytes are damaged or cut off. Files of an older Feast are completed: projects that
/// only metadata names are added.
std::optional<core::Registry> ParseRegistry(std::string_view bytes);

}  // namespace feast
