#pragma once
#include <google/protobuf/message.h>

#include <string>

#include "feast/base/result.h"

namespace feast::cmd {

/// A message's protobuf JSON, fields in the order of their numbers, maps sorted by key.
Result<std::string> MessageJson(const google::protobuf::Message& message);

/// The same as YAML. Numbers and times stay the strings that protobuf JSON makes of them.
Result<std::string> MessageYaml(const google::protobuf::Message& message);

}  // namespace feast::cmd
