#include <fmt/format.h>

#include "objects.h"

#include "feast/registry/apply.h"

namespace feast::cmd {
namespace {

Cells ProjectRow(const core::Project& project) {
  std::string tags;
  for (const auto& [key, value] : project.spec().tags()) {
    tags += fmt::format("{}'{}': '{}'", tags.empty() ? "" : ", ", key, value);
  }
  return {project.spec().name(), project.spec().description(), "{" + tags + "}",
          project.spec().owner()};
}

Status List(const GlobalOptions& globals, const TagFilter& tags) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView view, OpenRegistry(globals));
  std::vector<Cells> rows;
  for (const auto& project : view.snapshot->proto().projects()) {
    if (tags.Accepts(TagsOf(project))) rows.push_back(ProjectRow(project));
  }
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

// Asks on the terminal; what is no yes is a no.
bool Confirmed(const std::string& name) {
  std::cout << "Are you sure you want to delete project '" << name
            << "'? This will remove all associated resources from the registry. [y/N]: "
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

Status Delete(const GlobalOptions& globals, const std::string& name, bool yes) {
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  if (!yes && !Confirmed(name)) return Status::FailedPrecondition("Aborted!");
  FEAST_RETURN_IF_ERROR(store->registry().Mutate(CallContext(), [&](core::Registry* registry) {
    return DeleteObject(registry, name, KindLabel<core::Project>(), name);
  }));
  std::cout << "Project '" << name << "' deleted successfully.\n";
  return Status::OK();
}

}  // namespace

void AddProjects(CommandLine& line) {
  CLI::App* group = line.Add("projects", "List and describe projects.");
  group->require_subcommand(1);
  AddList(line, group, [&line](const TagFilter& tags) { return List(line.globals(), tags); });
  AddNamed(line, group, "describe", "Print one as YAML.",
           [&line](const std::string& name) { return Describe(line.globals(), name); });
  line.Run(line.Add("current_project", "Print the project of feature_store.yaml.", group),
           [&line]() -> Status {
             FEAST_ASSIGN_OR_RETURN(const RepoConfig config, LoadConfig(line.globals()));
             return Describe(line.globals(), config.project);
           });
  const auto name = std::make_shared<std::string>();
  const auto yes = std::make_shared<bool>(false);
  CLI::App* remove =
      line.Add("delete", "Delete a project and all that it has in the registry.", group);
  remove->add_option("name", *name)->required();
  remove->add_flag("-y,--yes", *yes, "Do not ask");
  line.Run(remove, [&line, name, yes] { return Delete(line.globals(), *name, *yes); });
}

}  // namespace feast::cmd
