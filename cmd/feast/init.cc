#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <regex>
#include <sstream>

#include "command_line_internal.h"
#include "python_child.h"

namespace feast::cmd {
namespace {

namespace fs = std::filesystem;

struct InitArguments {
  std::string name;
  std::string type = "local";
  std::string repo_path;
  bool minimal = false;
};

std::string RandomName() {
  constexpr const char* kAdjectives[] = {"bright", "calm", "eager", "gentle", "neat", "wise"};
  constexpr const char* kAnimals[] = {"badger", "heron", "lynx", "otter", "raven", "tapir"};
  std::random_device device;
  return std::string(kAdjectives[device() % 6]) + "_" + kAnimals[device() % 6];
}

// Copies the file with the name of the project in place of PROJECT_NAME.
Status CopyTemplate(const fs::path& from, const fs::path& to, const std::string& project) {
  std::ifstream in(from, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  std::ofstream out(to, std::ios::binary);
  out << std::regex_replace(text.str(), std::regex("PROJECT_NAME"), project);
  out.close();
  if (in && out) return Status::OK();
  return Status::Unavailable("cannot copy " + from.string() + " to " + to.string());
}

Status WriteRepository(const fs::path& from, const fs::path& folder, const std::string& project) {
  std::error_code error;
  fs::create_directories(folder / "data", error);
  if (error)
    return Status::Unavailable("cannot create " + folder.string() + ": " + error.message());
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const fs::path file = entry.path().filename();
    if (!entry.is_regular_file() || file == "make_data.py" || file == "README.md") continue;
    FEAST_RETURN_IF_ERROR(CopyTemplate(entry.path(), folder / file, project));
  }
  if (error) return Status::Unavailable("cannot read " + from.string() + ": " + error.message());
  const fs::path package = folder / "__init__.py";
  if (!std::ofstream(package)) return Status::Unavailable("cannot write " + package.string());
  if (!fs::exists(from / "make_data.py")) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(const int code,
                         RunPython({(from / "make_data.py").string(),
                                    (folder / "data/driver_stats.parquet").string()}));
  return code == 0 ? Status::OK()
                   : Status::Unavailable("the sample data could not be made (see above)");
}

Status Init(const InitArguments& arguments) {
  const std::string name = arguments.name.empty() ? RandomName() : arguments.name;
  if (!std::regex_match(name, std::regex("[A-Za-z0-9][A-Za-z0-9_]*"))) {
    return Status::InvalidArgument(
        "Name should be alphanumeric values and underscores but not start "
        "with an underscore: " +
        name);
  }
  const std::string type = arguments.minimal ? "minimal" : arguments.type;
  const fs::path from = (ExecutableFolder() / "../share/feast/templates" / type).lexically_normal();
  if (!fs::is_directory(from)) {
    return Status::Unimplemented("this build has no template " + type +
                                 "; make the one called local and set your stores in its "
                                 "feature_store.yaml");
  }
  const fs::path root = fs::absolute(arguments.repo_path.empty() ? name : arguments.repo_path);
  const fs::path folder = root / "feature_repo";
  if (fs::exists(folder / "feature_store.yaml")) {
    return Status::FailedPrecondition(
        "The directory " + root.string() +
        " contains an existing feature store repository that may cause a conflict");
  }
  FEAST_RETURN_IF_ERROR(WriteRepository(from, folder, name));
  std::ofstream(root / ".gitignore") << "__pycache__/\n*.pyc\nfeature_repo/data/*.db\n";
  std::cout << "\nCreating a new Feast repository in " << root.string() << ".\n\n";
  return Status::OK();
}

}  // namespace

void AddInit(CommandLine& line) {
  const auto arguments = std::make_shared<InitArguments>();
  CLI::App* command = line.Add("init", "Create a new repository.");
  command->add_option("name", arguments->name, "Name of the project, and its folder");
  command->add_flag("-m,--minimal", arguments->minimal, "Only feature_store.yaml");
  command->add_option("-t,--template", arguments->type, "local, the only one of this build")
      ->check(CLI::IsMember({"local", "gcp", "aws", "snowflake", "spark", "postgres", "hbase",
                             "cassandra", "hazelcast", "couchbase", "milvus", "ray", "ray_rag",
                             "rag", "pytorch_nlp"}));
  command->add_option("--repo-path", arguments->repo_path, "Folder instead of ./NAME");
  line.Run(command, [arguments] { return Init(*arguments); });
}

}  // namespace feast::cmd
