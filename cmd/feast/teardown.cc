#include "command_line_internal.h"
#include "repository.h"

namespace feast::cmd {

void AddTeardown(CommandLine& line) {
  line.Run(line.Add("teardown", "Drop the online tables and empty the registry."),
           [&line]() -> Status {
             FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(line.globals()));
             return store->Teardown(CallContext());
           });
}

}  // namespace feast::cmd
