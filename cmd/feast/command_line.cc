#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include "command_line_internal.h"
#include "completion_internal.h"
#include "log.h"

#include "feast/base/error_kind.h"

namespace feast::cmd {

namespace {
constexpr int kFailed = 1;
constexpr int kInterrupted = 130;  // as a shell says of SIGINT
constexpr int kWrongUsage = 2;

std::string KindText(const Status& status) {
  const ErrorKindFacts& facts = FactsOf(status.kind());
  return std::string(StatusCodeName(status.code())) + ", " + std::string(facts.module) + "." +
         std::string(facts.class_name);
}
}  // namespace

CommandLine::CommandLine() : app_("Feast: a feature store for machine learning.", "feast") {
  app_.set_help_flag("--help", "Print this message and exit.");
  app_.require_subcommand(1);
  app_.add_option("-c,--chdir", globals_.chdir, "Folder of the feature repository")
      ->envname("FEATURE_REPO_DIR_ENV_VAR");
  app_.add_option("--log-level", globals_.log_level, "debug, info, warning, error or critical")
      ->transform(
          CLI::IsMember({"debug", "info", "warning", "error", "critical"}, CLI::ignore_case));
  app_.add_option("-f,--feature-store-yaml", globals_.yaml_file,
                  "File to read instead of feature_store.yaml");
}

CLI::Option* AddRepeated(CLI::App* command, const std::string& names,
                         std::vector<std::string>& values, const std::string& description) {
  return command->add_option(names, values, description)
      ->expected(1)
      ->allow_extra_args(false)  // else it would take the arguments that follow
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::App* CommandLine::Add(const std::string& name, const std::string& description,
                           CLI::App* parent) {
  return (parent ? parent : &app_)->add_subcommand(name, description);
}

void CommandLine::Run(CLI::App* command, std::function<Status()> body) {
  command->callback([this, body = std::move(body)] { chosen_ = body; });
}

int CommandLine::Main(int argc, char** argv) {
  if (const char* shell = std::getenv("_FEAST_COMPLETE"); shell && *shell) {
    return PrintCompletion(app_, shell).ok() ? 0 : kFailed;
  }
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (!chosen_) {
    std::cerr << "No command was given: see feast --help" << std::endl;
    return kWrongUsage;
  }
  try {
    const Status status = chosen_();
    std::cout.flush();
    if (status.ok() && std::cout) return 0;
    if (status.ok()) {
      std::cerr << "cannot write to standard output: " << std::strerror(errno) << std::endl;
      return kFailed;
    }
    Log(globals_, LogLevel::kDebug, KindText(status));
    std::cerr << status.message() << std::endl;
    if (status.code() == StatusCode::kCancelled) return kInterrupted;
  } catch (const std::exception& error) {
    std::cerr << "unexpected: " << error.what() << std::endl;
  }
  return kFailed;
}

}  // namespace feast::cmd
