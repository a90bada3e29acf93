#include "command_line_internal.h"

int main(int argc, char** argv) {
  feast::cmd::CommandLine line;
  for (const auto add : {feast::cmd::AddInit,
                         feast::cmd::AddApply,
                         feast::cmd::AddTeardown,
                         feast::cmd::AddMaterialize,
                         feast::cmd::AddPrecompute,
                         feast::cmd::AddGetOnlineFeatures,
                         feast::cmd::AddGetHistoricalFeatures,
                         feast::cmd::AddServe,
                         feast::cmd::AddListen,
                         feast::cmd::AddObjects,
                         feast::cmd::AddFeatureViews,
                         feast::cmd::AddFeatures,
                         feast::cmd::AddPermissions,
                         feast::cmd::AddProjects,
                         feast::cmd::AddDelete,
                         feast::cmd::AddConfiguration,
                         feast::cmd::AddConsistency,
                         feast::cmd::AddRegistryDump,
                         feast::cmd::AddVersion,
                         feast::cmd::AddUnsupported}) {
    add(line);
  }
  return line.Main(argc, argv);
}
