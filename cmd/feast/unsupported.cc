#include <array>

#include "command_line_internal.h"

namespace feast::cmd {
namespace {

/// A command of upstream's that this build does not have: what is missing, and what to do instead.
struct AbsentCommand {
  const char* name;
  const char* missing;
  const char* instead;
};

constexpr std::array kAbsent = {
    AbsentCommand{"serve_offline", "offline server",
                  "retrieve with `feast get-historical-features` or the SDK where the data is"},
    AbsentCommand{
        "serve_registry", "registry server",
        "let the processes share the registry file, see `registry` in feature_store.yaml"},
    AbsentCommand{"serve_transformations", "transformation server",
                  "`feast serve` and the SDK run on-demand feature views themselves"},
    AbsentCommand{"serve_lineage", "lineage server",
                  "`feast registry-dump` prints which views use which sources"},
    AbsentCommand{"ui", "web interface",
                  "the commands `list` and `describe` of each kind of object show the registry"},
    AbsentCommand{"registry", "SQL registry whose schema could be created",
                  "a registry file is made by `feast apply`"},
    AbsentCommand{"dbt", "import of dbt models", "write the feature views in Python"},
    AbsentCommand{"monitor", "feature monitoring",
                  "compute statistics on what `feast get-historical-features` writes"},
    AbsentCommand{"mcp", "MCP server", "call the HTTP interface of `feast serve`"},
    AbsentCommand{"mlflow", "connection to MLflow", "use MLflow's own client"},
    AbsentCommand{"demo-notebooks", "demo notebooks", "`feast init` makes an example repository"},
};

void Add(CommandLine& line, const char* name, const std::string& help, const std::string& answer) {
  CLI::App* command = line.Add(name, help);
  command->allow_extras();
  command->prefix_command();
  line.Run(command, [answer] { return Status::Unimplemented(answer); });
}

}  // namespace

void AddUnsupported(CommandLine& line) {
  for (const AbsentCommand& absent : kAbsent) {
    const std::string missing = std::string("this build has no ") + absent.missing;
    Add(line, absent.name, "(" + missing + ")",
        std::string("feast ") + absent.name + ": " + missing + "; " + absent.instead);
  }
  const std::string validation = "data validation is not supported yet";
  Add(line, "validate", "(" + validation + ")", validation);
}

}  // namespace feast::cmd
