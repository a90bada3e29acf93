#include "command_line_internal.h"

namespace feast::cmd {

void AddUnsupported(CommandLine& line) {
  for (const char* name :
       {"serve_offline", "serve_registry", "serve_transformations", "serve_lineage", "ui",
        "validate", "registry", "dbt", "monitor", "mcp", "mlflow", "demo-notebooks"}) {
    CLI::App* command = line.Add(name, "(not supported yet)");
    command->allow_extras();
    command->prefix_command();
    line.Run(command,
             [name] { return Status::Unimplemented(std::string("not supported yet: ") + name); });
  }
}

}  // namespace feast::cmd
