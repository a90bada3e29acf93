#include "tags.h"

#include <sstream>

#include "CLI/CLI.hpp"
#include "command_line_internal.h"

namespace feast::cmd {
namespace {

std::string Trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t()\"'";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

void TagFilter::AddOption(CLI::App* command) {
  AddRepeated(command, "--tags", texts_, "Only what has this tag, key:value (may be repeated)");
}

std::map<std::string, std::string> TagFilter::Wanted() const {
  std::map<std::string, std::string> wanted;
  for (const std::string& text : texts_) {
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
      const size_t colon = part.find(':');
      if (colon == std::string::npos) continue;
      wanted[Trimmed(part.substr(0, colon))] = Trimmed(part.substr(colon + 1));
    }
  }
  return wanted;
}

}  // namespace feast::cmd
