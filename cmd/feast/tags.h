#pragma once
#include <map>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 names it
class App;
}

namespace feast::cmd {

/// What `--tags` asks for. Thread-compatible.
class TagFilter {
 public:
  /// Adds `--tags key:value`; may be repeated, and may hold several, comma separated.
  void AddOption(CLI::App* command);

  /// Whether `tags` (a protobuf map) has all of them.
  template <typename Tags>
  bool Accepts(const Tags& tags) const {
    for (const auto& [key, value] : Wanted()) {
      const auto found = tags.find(key);
      if (found == tags.end() || found->second != value) return false;
    }
    return true;
  }

 private:
  std::map<std::string, std::string> Wanted() const;

  std::vector<std::string> texts_;
};

/// The tags of an object of any kind.
template <typename T>
const auto& TagsOf(const T& object) {
  if constexpr (requires { object.spec(); }) {
    return object.spec().tags();
  } else {
    return object.tags();
  }
}

}  // namespace feast::cmd
