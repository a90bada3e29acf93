#pragma once
#include <string_view>

#include "command_line_internal.h"

namespace feast::cmd {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kCritical };

/// Whether `--log-level` asks for lines of that level.
bool Logs(const GlobalOptions& globals, LogLevel level);

/// One line on stderr, "level: text", if it is asked for. The error of the command itself is not a
/// log line: it is always printed.
void Log(const GlobalOptions& globals, LogLevel level, std::string_view text);

}  // namespace feast::cmd
