#include "feast/config/environment.h"

#include <algorithm>
#include <cstdlib>

#include "feast/config/settings.h"

namespace feast {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether a '#' earlier on the line of `position` starts a comment; quotes before it make it text.
bool InComment(std::string_view text, size_t position) {
  const size_t start =
      text.rfind('\n', position) == std::string_view::npos ? 0 : text.rfind('\n', position) + 1;
  for (size_t i = start; i < position; ++i) {
    if (text[i] == '"' || text[i] == '\'') return false;
    if (text[i] == '#' && (i == start || text[i - 1] == ' ' || text[i - 1] == '\t')) return true;
  }
  return false;
}

/// One `$NAME` or `${NAME}` in the text.
struct Variable {
  std::string name;
  size_t end = 0;  ///< after the reference
  bool braced = false;
};

std::optional<Variable> VariableAt(std::string_view text, size_t dollar) {
  if (dollar + 1 >= text.size()) return std::nullopt;
  if (text[dollar + 1] == '{') {
    const size_t close = text.find('}', dollar + 2);
    if (close == std::string_view::npos) return std::nullopt;
    return Variable{std::string(text.substr(dollar + 2, close - dollar - 2)), close + 1, true};
  }
  size_t end = dollar + 1;
  while (end < text.size() && IsWord(text[end])) ++end;
  if (end == dollar + 1) return std::nullopt;
  return Variable{std::string(text.substr(dollar + 1, end - dollar - 1)), end, false};
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<std::string> ExpandVariables(std::string_view text, const std::string& file,
                                    const Environment& environment) {
  std::string expanded;
  size_t done = 0;
  for (size_t dollar = text.find('$'); dollar != std::string_view::npos;
       dollar = text.find('$', done)) {
    expanded.append(text.substr(done, dollar - done));
    const std::optional<Variable> variable = VariableAt(text, dollar);
    if (!variable) {
      expanded += '$';
      done = dollar + 1;
      continue;
    }
    const std::optional<std::string> value = environment(variable->name);
    if (!value && variable->braced && !InComment(text, dollar)) {
      const auto line =
          1 + std::count(text.begin(), text.begin() + static_cast<long>(dollar), '\n');
      return ConfigError(file, static_cast<int>(line),
                         "environment variable '" + variable->name +
                             "' is not defined (defaults and escapes are not supported)");
    }
    expanded.append(value ? *value : std::string(text.substr(dollar, variable->end - dollar)));
    done = variable->end;
  }
  expanded.append(text.substr(std::min(done, text.size())));
  return expanded;
}

Result<std::string> DecodeBase64(std::string_view text, const std::string& file) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  bool padded = false;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    const size_t value = kBase64.find(c);
    if (padded || value == std::string_view::npos) return ConfigError(file, 0, "not valid base64");
    bits = bits << 6 | static_cast<uint32_t>(value);
    if (++count % 4 != 1) bytes += static_cast<char>(bits >> (6 - 2 * ((count - 1) % 4)) & 0xff);
  }
  if (count % 4 == 1) return ConfigError(file, 0, "not valid base64: it ends too early");
  return bytes;
}

}  // namespace feast
