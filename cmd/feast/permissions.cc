#include "objects.h"

namespace feast::cmd {
namespace {

std::string Lines(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::vector<std::string> PermissionRow(const core::Permission& permission) {
  const core::PermissionSpec& spec = permission.spec();
  std::vector<std::string> kinds, actions, tags;
  for (const int type : spec.types()) {
    kinds.push_back(core::PermissionSpec::Type_Name(static_cast<core::PermissionSpec::Type>(type)));
  }
  for (const int action : spec.actions()) {
    actions.push_back(core::PermissionSpec::AuthzedAction_Name(
        static_cast<core::PermissionSpec::AuthzedAction>(action)));
  }
  for (const auto& [key, value] : spec.required_tags()) tags.push_back(key + ":" + value);
  const auto& roles = spec.policy().role_based_policy().roles();
  return {spec.name(),
          Lines(kinds),
          Lines({spec.name_patterns().begin(), spec.name_patterns().end()}),
          Lines(actions),
          Lines({roles.begin(), roles.end()}),
          Lines(tags)};
}

}  // namespace

void AddPermissions(CommandLine& line) {
  AddKind<core::Permission>(line, "permissions",
                            {"NAME", "TYPES", "NAME_PATTERNS", "ACTIONS", "ROLES", "REQUIRED_TAGS"},
                            PermissionRow);
}

}  // namespace feast::cmd
