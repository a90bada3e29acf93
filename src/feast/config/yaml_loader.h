#pragma once
#include <string>
#include <string_view>

#include "feast/base/result.h"
#include "feast/config/settings.h"

namespace feast {

/// Parses one YAML document into settings with line numbers; an empty document is null.
///
/// FeastConfigError naming `file` and line for what is no YAML, a duplicate key, a key that is no
/// scalar, an unknown tag, a second document, and for documents nested or aliased beyond reason.
/// Merge keys (`<<`) are resolved.
Result<Setting> LoadYaml(std::string_view text, const std::string& file);

}  // namespace feast
