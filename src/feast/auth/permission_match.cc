#include "feast/auth/permission_match.h"

#include <algorithm>
#include <regex>

namespace feast {
namespace {

Result<bool> MatchesAsWhole(const std::string& pattern, const std::string& name) {
  try {
    return std::regex_match(name, std::regex(pattern));
  } catch (const std::regex_error& error) {
    return Status::InvalidArgument("name pattern '" + pattern +
                                   "' cannot be used: " + error.what());
  }
}

}  // namespace

Result<bool> Covers(const core::PermissionSpec& permission, const SecuredObject& object) {
  const bool of_type = std::ranges::any_of(permission.types(), [&](int type) {
    return std::ranges::find(object.types, type) != object.types.end();
  });
  if (!of_type) return false;
  bool named = permission.name_patterns().empty();
  for (const std::string& pattern : permission.name_patterns()) {
    if (named) break;
    auto matches = MatchesAsWhole(pattern, object.name);
    if (!matches.ok()) {
      return matches.status().Annotate("permission '" + permission.name() + "'");
    }
    named = *matches;
  }
  return named && std::ranges::all_of(permission.required_tags(), [&](const auto& tag) {
           const auto found = object.tags.find(tag.first);
           return found != object.tags.end() && found->second == tag.second;
         });
}

bool AcceptsRole(const core::Policy& policy, std::string_view role) {
  if (policy.policy_type_case() == core::Policy::POLICY_TYPE_NOT_SET) return true;
  const auto& roles = policy.role_based_policy().roles();
  return std::ranges::find(roles, role) != roles.end();
}

}  // namespace feast
