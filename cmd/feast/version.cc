#include <iostream>

#include "command_line_internal.h"

namespace feast::cmd {

void AddVersion(CommandLine& line) {
  line.Run(line.Add("version", "Print the version of Feast that this is compatible with."), [] {
    std::cout << "Feast SDK Version: \"0.67.0\"\n";
    return Status::OK();
  });
}

}  // namespace feast::cmd
