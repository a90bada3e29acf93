#include <cstdio>
#include <exception>
#include <iostream>

#include "command_line_internal.h"

namespace feast::cmd {

namespace {
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
}  // namespace

CommandLine::CommandLine() : app_("Feast: a feature store for machine learning.", "feast") {
  app_.set_help_flag("--help", "Print this message and exit.");
  app_.require_subcommand(1);
  app_.add_option("-c,--chdir", globals_.chdir, "Folder of the feature repository")
      ->envname("FEATURE_REPO_DIR_ENV_VAR");
  app_.add_option("--log-level", globals_.log_level, "debug, info, warning, error or critical")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "critical"}, CLI::ignore_case));
  app_.add_option("-f,--feature-store-yaml", globals_.yaml_file,
                  "File to read instead of feature_store.yaml");
}

CLI::App* CommandLine::Add(const std::string& name, const std::string& description,
                           CLI::App* parent) {
  return (parent ? parent : &app_)->add_subcommand(name, description);
}

void CommandLine::Run(CLI::App* command, std::function<Status()> body) {
  command->callback([this, body = std::move(body)] { chosen_ = body; });
}

int CommandLine::Main(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (!chosen_) return kWrongUsage;
  try {
    const Status status = chosen_();
    std::cout.flush();
    if (status.ok()) return 0;
    std::cerr << status.message() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "unexpected: " << error.what() << std::endl;
  }
  return kFailed;
}

}  // namespace feast::cmd
