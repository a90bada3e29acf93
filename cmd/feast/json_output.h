#pragma once
#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "feast/base/result.h"

namespace feast::cmd {

/// JSON text with line breaks and `indent` blanks a level, as Python's json.dumps prints it. The
/// text must be valid JSON.
std::string IndentJson(std::string_view json, int indent);

/// A message as YAML of its protobuf JSON, keys sorted.
Result<std::string> MessageYaml(const google::protobuf::Message& message);

}  // namespace feast::cmd
