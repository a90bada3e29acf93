#include <cstdlib>
#include <iostream>
#include <sstream>
#include <vector>

#include "completion_internal.h"

namespace feast::cmd {
namespace {

constexpr std::string_view kBash = R"(_feast_completion() {
    local IFS=$'\n'
    COMPREPLY=($(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _FEAST_COMPLETE=bash_complete "$1"))
}
complete -o default -o nosort -F _feast_completion feast
)";

constexpr std::string_view kZsh = R"(#compdef feast
_feast_completion() {
    local -a found
    found=("${(@f)$(COMP_WORDS="${(F)words}" COMP_CWORD=$((CURRENT - 1)) _FEAST_COMPLETE=zsh_complete feast)}")
    if [[ -n $found ]]; then compadd -a found; else _files; fi
}
compdef _feast_completion feast
)";

constexpr std::string_view kFish = R"(function _feast_completion
    set -lx COMP_WORDS (string join \n -- (commandline -opc) (commandline -ct) | string collect)
    set -lx COMP_CWORD (count (commandline -opc))
    _FEAST_COMPLETE=fish_complete feast
end
complete -c feast -a '(_feast_completion)'
)";

std::vector<CLI::App*> CommandsOf(CLI::App* app) {
  return app->get_subcommands([](CLI::App*) { return true; });
}

std::vector<std::string> OptionNames(const CLI::Option* option) {
  std::vector<std::string> names;
  for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Whether the word is an option whose value is the next word.
bool TakesNextWord(CLI::App* app, const std::string& word) {
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : OptionNames(option)) {
      if (name == word) return option->get_expected_max() > 0;
    }
  }
  return false;
}

// The command that the words before the current one name; null where a value is being typed.
CLI::App* CommandAt(CLI::App* app, const std::vector<std::string>& words, size_t current) {
  for (size_t i = 1; i < current && i < words.size(); ++i) {
    if (words[i].starts_with("-")) {
      if (TakesNextWord(app, words[i]) && ++i == current) return nullptr;
      continue;
    }
    for (CLI::App* command : CommandsOf(app)) {
      if (command->get_name() != words[i]) continue;
      app = command;
      break;
    }
  }
  return app;
}

void PrintCandidates(CLI::App& app) {
  const char* text = std::getenv("COMP_WORDS");
  const char* position = std::getenv("COMP_CWORD");
  if (!text || !position) return;
  std::vector<std::string> words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  const size_t current = std::strtoul(position, nullptr, 10);
  const std::string typed = current < words.size() ? words[current] : "";
  CLI::App* command = CommandAt(&app, words, current);
  if (!command) return;
  std::vector<std::string> candidates;
  if (typed.starts_with("-")) {
    for (const CLI::Option* option : command->get_options()) {
      for (std::string& name : OptionNames(option)) candidates.push_back(std::move(name));
    }
  } else {
    for (const CLI::App* inner : CommandsOf(command)) candidates.push_back(inner->get_name());
  }
  for (const std::string& candidate : candidates) {
    if (candidate.starts_with(typed)) std::cout << candidate << "\n";
  }
}

}  // namespace

Status PrintCompletion(CLI::App& app, std::string_view request) {
  if (request == "bash_source") {
    std::cout << kBash;
  } else if (request == "zsh_source") {
    std::cout << kZsh;
  } else if (request == "fish_source") {
    std::cout << kFish;
  } else if (request.ends_with("_complete")) {
    PrintCandidates(app);
  } else {
    std::cerr << "_FEAST_COMPLETE must be bash_source, zsh_source or fish_source, not '" << request
              << "'\n";
    return Status::InvalidArgument("unknown completion");
  }
  return Status::OK();
}

}  // namespace feast::cmd
