#pragma once
#include <string>
#include <string_view>

namespace feast::cmd {

/// JSON text with line breaks and `indent` blanks a level, as Python's json.dumps prints it. The
/// text must be valid JSON.
std::string IndentJson(std::string_view json, int indent);

}  // namespace feast::cmd
