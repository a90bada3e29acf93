#pragma once
#include <string>
#include <string_view>

#include "CLI/CLI.hpp"

#include "feast/base/status.h"

namespace feast::cmd {

/// Serves the environment variable _FEAST_COMPLETE: `bash_source`, `zsh_source` and `fish_source`
/// print a script for the shell, `…_complete` (which that script asks for) one candidate a line for
/// the words in COMP_WORDS (one a line) at position COMP_CWORD. InvalidArgument, and a message on
/// stderr, for anything else.
Status PrintCompletion(CLI::App& app, std::string_view request);

}  // namespace feast::cmd
