#include <iostream>
#include <memory>

#include "command_line_internal.h"
#include "repository.h"

namespace feast::cmd {
namespace {

struct ApplyArguments {
  EvaluationOptions evaluation;
  bool skip_source_validation = false;  // accepted; sources are read only where a schema is missing
  bool no_promote = false;
  bool no_progress = false;
};

void PrintReport(const ApplyReport& report) {
  bool changed = false;
  for (const ObjectChange& change : report.changes) {
    if (change.change == ChangeKind::kUnchanged) continue;
    changed = true;
    const char* verb = change.change == ChangeKind::kCreate   ? "Created"
                       : change.change == ChangeKind::kUpdate ? "Updated"
                                                              : "Deleted";
    std::cout << verb << " " << change.kind << " " << change.name << "\n";
    for (const std::string& field : change.fields) std::cout << "\t" << field << "\n";
  }
  if (!changed) std::cout << "No changes to registry\n";
  std::cout << "\n";
  for (const std::string& view : report.tables_created) {
    std::cout << "Deploying infrastructure for " << view << "\n";
  }
  for (const std::string& view : report.tables_dropped) {
    std::cout << "Removing infrastructure for " << view << "\n";
  }
  if (report.tables_created.empty() && report.tables_dropped.empty()) {
    std::cout << "No changes to infrastructure\n";
  }
}

Status ApplyOrPlan(const GlobalOptions& globals, const ApplyArguments& arguments, bool plan_only) {
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  EvaluationOptions evaluation = arguments.evaluation;
  evaluation.yaml_file = globals.yaml_file;
  FEAST_ASSIGN_OR_RETURN(const core::Registry desired,
                         EvaluateRepository(store->config(), evaluation));
  ApplyOptions options;
  options.project = store->config().project;
  options.partial = false;
  options.no_promote = arguments.no_promote;
  if (!plan_only) std::cout << "Applying changes for project " << options.project << "\n";
  FEAST_ASSIGN_OR_RETURN(
      const ApplyReport report,
      plan_only ? store->Plan(desired, options) : store->Apply(CallContext(), desired, options));
  PrintReport(report);
  return Status::OK();
}

void AddOptions(CLI::App* command, ApplyArguments* arguments) {
  command->add_flag("--skip-source-validation", arguments->skip_source_validation,
                    "Do not check that the data sources exist");
  command->add_flag("--skip-feature-view-validation",
                    arguments->evaluation.skip_feature_view_validation,
                    "Do not check feature views");
}

}  // namespace

void AddApply(CommandLine& line) {
  const auto arguments = std::make_shared<ApplyArguments>();
  CLI::App* apply =
      line.Add("apply", "Register the repository's definitions, prepare the online store.");
  AddOptions(apply, arguments.get());
  apply->add_flag("--no-progress", arguments->no_progress, "No progress bars")
      ->envname("FEAST_NO_PROGRESS");
  apply->add_flag("--no-promote", arguments->no_promote,
                  "Save new versions of views without making them current");
  line.Run(apply, [&line, arguments] { return ApplyOrPlan(line.globals(), *arguments, false); });

  CLI::App* plan = line.Add("plan", "Print what apply would change.");
  AddOptions(plan, arguments.get());
  line.Run(plan, [&line, arguments] { return ApplyOrPlan(line.globals(), *arguments, true); });
}

}  // namespace feast::cmd
