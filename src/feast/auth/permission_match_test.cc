#include "feast/auth/permission_match.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

using core::PermissionSpec;

SecuredObject BatchView(const std::string& name) {
  return {"BatchFeatureView",
          {PermissionSpec::BATCH_FEATURE_VIEW, PermissionSpec::FEATURE_VIEW},
          name,
          {{"team", "a"}}};
}

PermissionSpec About(PermissionSpec::Type type) {
  PermissionSpec permission;
  permission.set_name("rule");
  permission.add_types(type);
  return permission;
}

TEST(PermissionMatch, TypesMatchTheirSubclasses) {
  EXPECT_TRUE(*Covers(About(PermissionSpec::FEATURE_VIEW), BatchView("v")));
  EXPECT_TRUE(*Covers(About(PermissionSpec::BATCH_FEATURE_VIEW), BatchView("v")));
  EXPECT_FALSE(*Covers(About(PermissionSpec::STREAM_FEATURE_VIEW), BatchView("v")));
}

TEST(PermissionMatch, APatternMatchesTheWholeName) {
  PermissionSpec permission = About(PermissionSpec::FEATURE_VIEW);
  permission.add_name_patterns("trip");
  EXPECT_FALSE(*Covers(permission, BatchView("trips")));
  permission.add_name_patterns("tr.*s");
  EXPECT_TRUE(*Covers(permission, BatchView("trips")));
}

TEST(PermissionMatch, APatternThatIsNoneIsNamed) {
  PermissionSpec permission = About(PermissionSpec::FEATURE_VIEW);
  permission.add_name_patterns("tr[");
  const auto result = Covers(permission, BatchView("trips"));
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(result.status().message().find("rule"), std::string::npos);
  EXPECT_NE(result.status().message().find("tr["), std::string::npos);
}

TEST(PermissionMatch, AllRequiredTagsAreNeeded) {
  PermissionSpec permission = About(PermissionSpec::FEATURE_VIEW);
  (*permission.mutable_required_tags())["team"] = "a";
  EXPECT_TRUE(*Covers(permission, BatchView("trips")));
  (*permission.mutable_required_tags())["stage"] = "live";
  EXPECT_FALSE(*Covers(permission, BatchView("trips")));
}

TEST(PermissionMatch, RolesAreThoseOfTheRolePolicy) {
  core::Policy policy;
  EXPECT_TRUE(AcceptsRole(policy, "anybody"));
  policy.mutable_role_based_policy()->add_roles("reader");
  EXPECT_TRUE(AcceptsRole(policy, "reader"));
  EXPECT_FALSE(AcceptsRole(policy, "writer"));
  policy.mutable_group_based_policy()->add_groups("reader");
  EXPECT_FALSE(AcceptsRole(policy, "reader"));
}

}  // namespace
}  // namespace feast
