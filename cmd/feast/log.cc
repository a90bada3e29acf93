#include "log.h"

#include <array>
#include <iostream>

namespace feast::cmd {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warning", "error",
                                                    "critical"};

}  // namespace

bool Logs(const GlobalOptions& globals, LogLevel level) {
  const auto least = static_cast<size_t>(level);
  for (size_t i = 0; i <= least; ++i) {
    if (kNames[i] == globals.log_level) return true;
  }
  return false;
}

void Log(const GlobalOptions& globals, LogLevel level, std::string_view text) {
  if (Logs(globals, level)) std::cerr << kNames[static_cast<size_t>(level)] << ": " << text << "\n";
}

}  // namespace feast::cmd
