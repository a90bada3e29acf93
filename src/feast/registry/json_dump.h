#pragma once
#include <string>
#include <string_view>

#include "feast/base/result.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

/// The JSON of `feast registry-dump` (features.md C11): one project's objects as protobuf JSON,
/// keys sorted, indented by two, each kind sorted by name, kinds without objects left out;
/// functions show their source text instead of the pickle. ASCII only. Linear in the registry.
Result<std::string> DumpRegistryJson(const RegistrySnapshot& registry, std::string_view project);

}  // namespace feast
