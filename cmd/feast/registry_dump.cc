#include <iostream>

#include "command_line_internal.h"
#include "repository.h"

#include "feast/registry/json_dump.h"

namespace feast::cmd {

void AddRegistryDump(CommandLine& line) {
  line.Run(line.Add("registry-dump", "Print the registry as JSON."), [&line]() -> Status {
    FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(line.globals()));
    FEAST_ASSIGN_OR_RETURN(const std::string json,
                           DumpRegistryJson(*view.snapshot, view.project()));
    std::cerr
        << "Warning: The registry-dump command is for debugging only and may contain breaking "
           "changes in the future. No guarantees are made on this interface.\n";
    std::cout << json << "\n";
    return Status::OK();
  });
}

}  // namespace feast::cmd
