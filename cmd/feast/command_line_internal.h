#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"

#include "feast/base/status.h"

namespace feast::cmd {

/// Options that stand before the command.
struct GlobalOptions {
  std::string chdir;
  std::string yaml_file;
  std::string log_level = "warning";
};

/// The command line while it is built and after it is parsed. Thread-compatible; outlives the
/// parse.
///
/// A command registers what to do with `Run`; it is called after the whole line was understood, so
/// a usage error never leaves half the work done.
class CommandLine {
 public:
  CommandLine();

  CLI::App& app() { return app_; }
  const GlobalOptions& globals() const { return globals_; }

  /// Adds a command under `parent` (the top level by default).
  CLI::App* Add(const std::string& name, const std::string& description,
                CLI::App* parent = nullptr);
  /// What the command does.
  void Run(CLI::App* command, std::function<Status()> body);

  /// Parses and runs: the exit code. 2 for wrong usage, 130 when interrupted, 1 for a failure.
  int Main(int argc, char** argv);

 private:
  CLI::App app_;
  GlobalOptions globals_;
  std::function<Status()> chosen_;
};

/// An option that takes one value each time it is given.
CLI::Option* AddRepeated(CLI::App* command, const std::string& names,
                         std::vector<std::string>& values, const std::string& description);

void AddApply(CommandLine& line);
void AddConfiguration(CommandLine& line);
void AddConsistency(CommandLine& line);
void AddDelete(CommandLine& line);
void AddFeatureViews(CommandLine& line);
void AddFeatures(CommandLine& line);
void AddGetHistoricalFeatures(CommandLine& line);
void AddGetOnlineFeatures(CommandLine& line);
void AddInit(CommandLine& line);
void AddListen(CommandLine& line);
void AddMaterialize(CommandLine& line);
void AddObjects(CommandLine& line);
void AddPermissions(CommandLine& line);
void AddPrecompute(CommandLine& line);
void AddProjects(CommandLine& line);
void AddRegistryDump(CommandLine& line);
void AddServe(CommandLine& line);
void AddTeardown(CommandLine& line);
void AddUnsupported(CommandLine& line);
void AddVersion(CommandLine& line);

}  // namespace feast::cmd
