#include <algorithm>
#include <iostream>
#include <memory>

#include "command_line_internal.h"
#include "log.h"
#include "progress.h"
#include "repository.h"

#include "feast/definitions/view_facts.h"
#include "feast/offline/source_read.h"

namespace feast::cmd {
namespace {

struct ApplyArguments {
  bool skip_source_validation = false;
  bool skip_feature_view_validation = false;
  bool no_promote = false;
  bool no_progress = false;
};

const char* VerbOf(ChangeKind change) {
  switch (change) {
    case ChangeKind::kCreate:
      return "Created";
    case ChangeKind::kDelete:
      return "Deleted";
    case ChangeKind::kUpdate:
    case ChangeKind::kUnchanged:
      return "Updated";
  }
  return "Updated";
}

void PrintObjects(const ApplyReport& report) {
  bool changed = false;
  for (const ObjectChange& change : report.changes) {
    if (change.change == ChangeKind::kUnchanged) continue;
    changed = true;
    std::cout << VerbOf(change.change) << " " << change.kind << " " << change.name << "\n";
    for (const std::string& field : change.fields) std::cout << "\t" << field << "\n";
  }
  std::cout << (changed ? "\n" : "No changes to registry\n");
}

// Tables that go come last.
bool PrintTables(const std::vector<TableChange>& tables) {
  for (const TableChange& table : tables) {
    if (table.new_path.empty()) continue;
    std::cout << (table.old_path.empty() ? "Created" : "Updated") << " sqlite table " << table.name
              << "\n";
    if (table.old_path.empty()) continue;
    std::cout << "\tpath: " << table.old_path << " -> " << table.new_path << "\n";
  }
  for (const TableChange& table : tables) {
    if (table.new_path.empty()) std::cout << "Deleted sqlite table " << table.name << "\n";
  }
  return !tables.empty();
}

bool PrintViews(const ApplyReport& report) {
  for (const std::string& view : report.tables_created) {
    std::cout << "Deploying infrastructure for " << view << "\n";
  }
  for (const std::string& view : report.tables_dropped) {
    std::cout << "Removing infrastructure for " << view << "\n";
  }
  return !report.tables_created.empty() || !report.tables_dropped.empty();
}

void PrintReport(const ApplyReport& report) {
  PrintObjects(report);
  const bool changed =
      report.sqlite_tables ? PrintTables(*report.sqlite_tables) : PrintViews(report);
  if (!changed) std::cout << "No changes to infrastructure\n";
}

// What the view reads that its source does not have; empty when all is there.
std::string Missing(const core::FeatureView& view, const std::vector<SourceColumn>& columns) {
  const auto facts = FactsOf(view);
  if (!facts.ok()) return facts.status().message();
  const SourceRead read = ReadOf(*facts, facts->features);
  std::vector<std::string> wanted = read.join_keys;
  wanted.insert(wanted.end(), read.features.begin(), read.features.end());
  if (!read.created_column.empty()) wanted.push_back(read.created_column);
  wanted.push_back(read.timestamp_column);
  std::string missing;
  for (const std::string& name : wanted) {
    const auto found =
        std::ranges::find_if(columns, [&](const auto& column) { return column.name == name; });
    if (found == columns.end()) {
      missing += (missing.empty() ? "no column '" : ", '") + name + "'";
    } else if (name == read.timestamp_column && !found->is_timestamp) {
      return "the timestamp column '" + name + "' is " + found->arrow_type;
    }
  }
  return missing;
}

// Warns, as upstream does: data may come after the definitions.
Status CheckSources(FeatureStore& store, const GlobalOptions& globals,
                    const core::Registry& desired, ProgressLine* progress) {
  if (!Logs(globals, LogLevel::kWarning) || desired.feature_views().empty()) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(OfflineStore * offline, store.offline_store());
  std::vector<std::string> warnings;
  for (const core::FeatureView& view : desired.feature_views()) {
    const core::DataSource& source = view.spec().batch_source();
    if (source.type() != core::DataSource::BATCH_FILE) continue;
    progress->Show("Checking the source of " + view.spec().name());
    const auto columns = offline->DescribeSource(CallContext(), source);
    const std::string problem = columns.ok() ? Missing(view, *columns) : columns.status().message();
    if (problem.empty()) continue;
    warnings.push_back("feature view '" + view.spec().name() + "', data source '" + source.name() +
                       "' (" + source.file_options().uri() + "): " + problem);
  }
  progress->Clear();
  for (const std::string& warning : warnings) Log(globals, LogLevel::kWarning, warning);
  return Status::OK();
}

Status ApplyOrPlan(const GlobalOptions& globals, const ApplyArguments& arguments, bool plan_only) {
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  ProgressLine progress(!arguments.no_progress);
  progress.Show("Reading the definitions in " + store->config().repo_path.string());
  FEAST_ASSIGN_OR_RETURN(
      const core::Registry desired,
      EvaluateRepository(globals, store->config(), arguments.skip_feature_view_validation));
  if (!arguments.skip_source_validation) {
    FEAST_RETURN_IF_ERROR(CheckSources(*store, globals, desired, &progress));
  }
  ApplyOptions options;
  options.project = store->config().project;
  options.partial = false;
  options.no_promote = arguments.no_promote;
  options.allow_case_variants = arguments.skip_feature_view_validation;
  progress.Clear();
  if (!plan_only) std::cout << "Applying changes for project " << options.project << "\n";
  FEAST_ASSIGN_OR_RETURN(
      const ApplyReport report,
      plan_only ? store->Plan(desired, options) : store->Apply(CallContext(), desired, options));
  PrintReport(report);
  return Status::OK();
}

void AddOptions(CLI::App* command, ApplyArguments* arguments) {
  command->add_flag("--skip-source-validation", arguments->skip_source_validation,
                    "Do not look whether the data sources have what the views read");
  command->add_flag("--skip-feature-view-validation", arguments->skip_feature_view_validation,
                    "Let names of feature views differ in case only");
}

}  // namespace

void AddApply(CommandLine& line) {
  const auto arguments = std::make_shared<ApplyArguments>();
  CLI::App* apply =
      line.Add("apply", "Register the repository's definitions, prepare the online store.");
  AddOptions(apply, arguments.get());
  apply->add_flag("--no-progress", arguments->no_progress,
                  "No progress line (also FEAST_NO_PROGRESS=1)");
  apply->add_flag("--no-promote", arguments->no_promote,
                  "Save new versions of views without making them current");
  line.Run(apply, [&line, arguments] { return ApplyOrPlan(line.globals(), *arguments, false); });

  CLI::App* plan = line.Add("plan", "Print what apply would change.");
  AddOptions(plan, arguments.get());
  line.Run(plan, [&line, arguments] { return ApplyOrPlan(line.globals(), *arguments, true); });
}

}  // namespace feast::cmd
