#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "feast/base/result.h"

namespace feast {

/// Looks an environment variable up.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// That of this process.
Environment ProcessEnvironment();

/// Replaces `$NAME` and `${NAME}` as Python's os.path.expandvars does: once, not in the values
/// themselves. An undefined `${NAME}` outside comments is FeastConfigError naming `file` and line;
/// an undefined `$NAME` stays as written.
Result<std::string> ExpandVariables(std::string_view text, const std::string& file,
                                    const Environment& environment);

/// Decodes standard base64; white space is ignored. FeastConfigError naming `file` otherwise.
Result<std::string> DecodeBase64(std::string_view text, const std::string& file);

}  // namespace feast
