#include "command_line.h"

namespace feast::cmd {

void AddGetHistoricalFeatures(CommandLine& line) {
  line.Add("get-historical-features", "Print features as of given times.");
}

}  // namespace feast::cmd
