#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/core/Permission.pb.h"

namespace feast {

/// A registry object as permissions see it.
struct SecuredObject {
  std::string class_name;                         ///< upstream's Python class: "FileSource"
  std::vector<core::PermissionSpec::Type> types;  ///< of the class and of its base classes
  std::string name;
  std::map<std::string, std::string> tags;
};

/// Whether a permission is about an object: one of its types, a name that one of its patterns
/// matches as a whole (no pattern: any name), and all of its required tags.
///
/// InvalidArgument that names the permission and the pattern if that is no regular expression
/// (ECMAScript's, which is Python's but for look-behind, named groups and inline flags). Pure.
Result<bool> Covers(const core::PermissionSpec& permission, const SecuredObject& object);

/// Whether its policy accepts somebody who has that role and no group or namespace. A policy that
/// says nothing accepts everybody. Pure.
bool AcceptsRole(const core::Policy& policy, std::string_view role);

}  // namespace feast
