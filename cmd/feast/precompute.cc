#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "command_line_internal.h"
#include "repository.h"

namespace feast::cmd {
namespace {

Status Precompute(const GlobalOptions& globals, const std::string& named) {
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store->registry().Refresh());
  std::vector<std::string> services;
  for (const auto& service : snapshot->proto().feature_services()) {
    const auto& spec = service.spec();
    if (spec.project() != store->config().project) continue;
    if (named.empty() ? spec.precompute_online() : spec.name() == named) {
      services.push_back(spec.name());
    }
  }
  if (!named.empty() && services.empty()) {
    return snapshot->GetFeatureService(store->config().project, named).status();
  }
  if (services.empty()) std::cout << "No feature service has precompute_online=True.\n";
  for (const std::string& service : services) {
    FEAST_ASSIGN_OR_RETURN(const int64_t written,
                           store->ingest().Precompute(CallContext(), service));
    std::cout << fmt::format("{}: {} vectors\n", service, written);
  }
  return Status::OK();
}

}  // namespace

void AddPrecompute(CommandLine& line) {
  CLI::App* command =
      line.Add("precompute", "Store the vectors of feature services with precompute_online anew.");
  const auto service = std::make_shared<std::string>();
  command->add_option("feature_service", *service, "One service; all that are flagged if omitted");
  line.Run(command, [&line, service] { return Precompute(line.globals(), *service); });
}

}  // namespace feast::cmd
