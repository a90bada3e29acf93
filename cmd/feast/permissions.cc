#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "objects.h"
#include "secured_objects.h"

namespace feast::cmd {
namespace {

using core::PermissionSpec;

std::string LinesOf(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "\n") + word;
  return text.empty() ? "-" : text;
}

std::vector<std::string> RolesOf(const core::Permission& permission) {
  const auto& roles = permission.spec().policy().role_based_policy().roles();
  std::set<std::string> sorted(roles.begin(), roles.end());
  return {sorted.begin(), sorted.end()};
}

Cells PermissionRow(const core::Permission& permission) {
  const PermissionSpec& spec = permission.spec();
  std::vector<std::string> types, actions, tags;
  for (const int type : spec.types()) types.push_back(ClassName(type));
  for (const int action : spec.actions()) {
    actions.push_back(
        PermissionSpec::AuthzedAction_Name(static_cast<PermissionSpec::AuthzedAction>(action)));
  }
  for (const auto& [key, value] : spec.required_tags())
    tags.push_back(fmt::format("{} : {}", key, value));
  std::ranges::sort(tags);
  return {spec.name(),
          LinesOf(types),
          LinesOf({spec.name_patterns().begin(), spec.name_patterns().end()}),
          LinesOf(actions),
          LinesOf(RolesOf(permission)),
          LinesOf(tags)};
}

std::vector<core::Permission> PermissionsOf(const RegistryView& registry, const TagFilter& tags) {
  std::vector<core::Permission> permissions;
  ForEachListed<core::Permission>(registry, tags,
                                  [&](const auto& item) { permissions.push_back(item); });
  return permissions;
}

std::string QuotedList(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "['" : ", '") + name + "'";
  return text + "]";
}

// "FeatureView: ['trips']": the objects of a type that the permission covers.
Result<std::string> Branch(const PermissionSpec& permission, PermissionSpec::Type type,
                           const std::vector<SecuredObject>& objects) {
  std::vector<std::string> names;
  for (const SecuredObject& object : objects) {
    if (std::ranges::find(object.types, type) == object.types.end()) continue;
    FEAST_ASSIGN_OR_RETURN(const bool covered, Covers(permission, object));
    if (covered) names.push_back(object.name);
  }
  return ClassName(type) + ": " + (names.empty() ? "none" : QuotedList(names));
}

Status PrintTree(const RegistryView& registry, const TagFilter& tags) {
  const std::vector<SecuredObject> objects = SecuredObjects(registry);
  const std::vector<core::Permission> permissions = PermissionsOf(registry, tags);
  std::string out = "Permissions:\n\npermissions\n";
  for (size_t i = 0; i < permissions.size(); ++i) {
    const PermissionSpec& spec = permissions[i].spec();
    const bool last = i + 1 == permissions.size();
    const auto roles = RolesOf(permissions[i]);
    out += (last ? "└── " : "├── ") + spec.name() + (roles.empty() ? "" : " " + QuotedList(roles)) +
           "\n";
    for (int t = 0; t < spec.types_size(); ++t) {
      FEAST_ASSIGN_OR_RETURN(const std::string branch, Branch(spec, spec.types(t), objects));
      out += std::string(last ? "    " : "│   ") + (t + 1 == spec.types_size() ? "└── " : "├── ") +
             branch + "\n";
    }
  }
  std::cout << out;
  return Status::OK();
}

Status List(const GlobalOptions& globals, const TagFilter& tags, bool verbose) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView registry, OpenRegistry(globals));
  if (verbose) return PrintTree(registry, tags);
  std::vector<Cells> rows;
  for (const auto& permission : PermissionsOf(registry, tags)) {
    rows.push_back(PermissionRow(permission));
  }
  std::cout << PlainTable({"NAME", "TYPES", "NAME_PATTERNS", "ACTIONS", "ROLES", "REQUIRED_TAGS"},
                          rows);
  return Status::OK();
}

// The actions on an object for which some permission satisfies `condition`.
template <typename Condition>
Result<std::set<int>> ActionsOn(const SecuredObject& object,
                                const std::vector<core::Permission>& permissions,
                                const Condition& condition) {
  std::set<int> actions;
  for (const core::Permission& permission : permissions) {
    if (!condition(permission)) continue;
    FEAST_ASSIGN_OR_RETURN(const bool covered, Covers(permission.spec(), object));
    if (covered)
      actions.insert(permission.spec().actions().begin(), permission.spec().actions().end());
  }
  return actions;
}

std::vector<std::string> ActionNames(const std::set<int>& actions, bool contained) {
  std::vector<std::string> names;
  for (int action = PermissionSpec::AuthzedAction_MIN; action <= PermissionSpec::AuthzedAction_MAX;
       ++action) {
    if (actions.contains(action) != contained) continue;
    names.push_back(
        PermissionSpec::AuthzedAction_Name(static_cast<PermissionSpec::AuthzedAction>(action)));
  }
  return names;
}

Status Check(const GlobalOptions& globals) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView registry, OpenRegistry(globals));
  const std::vector<core::Permission> permissions = PermissionsOf(registry, TagFilter());
  std::vector<Cells> objects, actions;
  for (const SecuredObject& object : SecuredObjects(registry)) {
    bool secured = false;
    for (const core::Permission& permission : permissions) {
      FEAST_ASSIGN_OR_RETURN(const bool covered, Covers(permission.spec(), object));
      secured = secured || covered;
    }
    if (!secured) objects.push_back({object.name, object.class_name});
    FEAST_ASSIGN_OR_RETURN(const std::set<int> granted,
                           ActionsOn(object, permissions, [](const auto&) { return true; }));
    const auto missing = ActionNames(granted, false);
    if (!missing.empty()) actions.push_back({object.name, object.class_name, LinesOf(missing)});
  }
  std::cout << "The following resources are not secured by any permission configuration:\n"
            << PlainTable({"NAME", "TYPE"}, objects)
            << "The following actions are not secured by any permission configuration (Note: this "
               "might not be a security concern, depending on the used APIs):\n"
            << PlainTable({"NAME", "TYPE", "UNSECURED ACTIONS"}, actions);
  return Status::OK();
}

Status ListRoles(const GlobalOptions& globals, bool verbose) {
  FEAST_ASSIGN_OR_RETURN(const RegistryView registry, OpenRegistry(globals));
  const std::vector<core::Permission> permissions = PermissionsOf(registry, TagFilter());
  std::set<std::string> roles;
  for (const core::Permission& permission : permissions) {
    for (const std::string& role : RolesOf(permission)) roles.insert(role);
  }
  std::vector<Cells> rows;
  for (const std::string& role : roles) {
    if (!verbose) {
      rows.push_back({role});
      continue;
    }
    for (const SecuredObject& object : SecuredObjects(registry)) {
      FEAST_ASSIGN_OR_RETURN(const std::set<int> permitted,
                             ActionsOn(object, permissions, [&role](const auto& permission) {
                               return AcceptsRole(permission.spec().policy(), role);
                             }));
      rows.push_back({role, object.name, object.class_name, LinesOf(ActionNames(permitted, true))});
    }
  }
  std::cout << (verbose ? PlainTable(
                              {"ROLE NAME", "RESOURCE NAME", "RESOURCE TYPE", "PERMITTED ACTIONS"},
                              rows)
                        : GridTable({"ROLE NAME"}, rows));
  return Status::OK();
}

}  // namespace

void AddPermissions(CommandLine& line) {
  CLI::App* group = line.Add("permissions", "List, describe and check permissions.");
  group->require_subcommand(1);
  const auto verbose = std::make_shared<bool>(false);
  AddList(line, group, [&line, verbose](const TagFilter& tags) {
    return List(line.globals(), tags, *verbose);
  })->add_flag("-v,--verbose", *verbose, "Print the objects that each permission covers");
  AddNamed(line, group, "describe", "Print one as YAML.", [&line](const std::string& name) {
    return DescribeObject<core::Permission>(line.globals(), name);
  });
  line.Run(line.Add("check", "Print what no permission covers.", group),
           [&line] { return Check(line.globals()); });
  CLI::App* roles = line.Add("list-roles", "List the roles that permissions name.", group);
  roles->add_flag("-v,--verbose", *verbose, "Print what each role may do to each object");
  line.Run(roles, [&line, verbose] { return ListRoles(line.globals(), *verbose); });
}

}  // namespace feast::cmd
