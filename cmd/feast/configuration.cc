#include <iostream>

#include "command_line_internal.h"
#include "repository.h"

namespace feast::cmd {
namespace {

Status PrintEndpoint(const GlobalOptions& globals) {
  FEAST_RETURN_IF_ERROR(LoadConfig(globals).status());
  std::cout << "There is no active feature server.\n";
  return Status::OK();
}

}  // namespace

void AddConfiguration(CommandLine& line) {
  line.Run(line.Add("configuration", "Print the resolved feature_store.yaml."),
           [&line]() -> Status {
             FEAST_ASSIGN_OR_RETURN(const RepoConfig config, LoadConfig(line.globals()));
             FEAST_ASSIGN_OR_RETURN(const std::string yaml, RenderConfiguration(config));
             std::cout << yaml << "\n";
             return Status::OK();
           });
  line.Run(line.Add("endpoint", "Print the address of the feature server."),
           [&line] { return PrintEndpoint(line.globals()); });
}

}  // namespace feast::cmd
