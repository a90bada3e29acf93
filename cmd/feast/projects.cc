#include "objects.h"

namespace feast::cmd {
namespace {

std::vector<std::string> ProjectRow(const core::Project& project) {
  std::string tags;
  for (const auto& [key, value] : project.spec().tags()) {
    tags += (tags.empty() ? "'" : ", '") + key + "': '" + value + "'";
  }
  return {project.spec().name(), project.spec().description(), "{" + tags + "}",
          project.spec().owner()};
}

Status List(const GlobalOptions& globals) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::vector<std::vector<std::string>> rows;
  for (const auto& project : view.snapshot->proto().projects()) rows.push_back(ProjectRow(project));
  std::cout << PlainTable({"NAME", "DESCRIPTION", "TAGS", "OWNER"}, rows);
  return Status::OK();
}

Status Describe(const GlobalOptions& globals, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  FEAST_ASSIGN_OR_RETURN(const core::Project* project, view.snapshot->GetProject(name));
  FEAST_ASSIGN_OR_RETURN(const std::string yaml, MessageYaml(*project));
  std::cout << yaml;
  return Status::OK();
}

}  // namespace

void AddProjects(CommandLine& line) {
  CLI::App* group = line.Add("projects", "List and describe projects.");
  group->require_subcommand(1);
  line.Run(line.Add("list", "List them.", group), [&line] { return List(line.globals()); });
  AddNamed(line, group, "describe", "Print one as YAML.",
           [&line](const std::string& name) { return Describe(line.globals(), name); });
  line.Run(line.Add("current_project", "Print the project of feature_store.yaml.", group),
           [&line]() -> Status {
             FEAST_ASSIGN_OR_RETURN(const RepoConfig config, LoadConfig(line.globals()));
             return Describe(line.globals(), config.project);
           });
}

}  // namespace feast::cmd
