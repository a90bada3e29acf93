#pragma once
#include <string>
#include <vector>

#include "repository.h"

#include "feast/auth/permission_match.h"

namespace feast::cmd {

/// The Python class that a type of a permission stands for: "FeatureView".
std::string ClassName(int type);

/// The project's objects that permissions can be about, as `feast permissions` lists them.
std::vector<SecuredObject> SecuredObjects(const RegistryView& registry);

}  // namespace feast::cmd
