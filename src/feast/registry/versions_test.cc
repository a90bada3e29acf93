#include "feast/registry/versions.h"

#include "feast/registry/test_objects.h"

namespace feast {
namespace {

const ApplyOptions kPartial{.project = "p"};

std::vector<int> History(const core::Registry& registry) {
  std::vector<int> numbers;
  for (const auto& record : registry.feature_view_version_history().records()) {
    EXPECT_EQ(record.feature_view_type(), "feature_view");
    EXPECT_EQ(record.version_id().size(), 36u);
    numbers.push_back(record.version_number());
  }
  return numbers;
}

int Current(const core::Registry& registry) {
  return registry.feature_views(0).meta().current_version_number();
}

TEST(ParseVersion, Table) {
  EXPECT_FALSE(ParseVersion("")->has_value());
  EXPECT_FALSE(ParseVersion("Latest")->has_value());
  EXPECT_EQ(**ParseVersion("v2"), 2);
  EXPECT_EQ(**ParseVersion("Version13"), 13);
  for (const char* text : {"2", "v", "v-1", "v1x", "version", "v99999999999"}) {
    EXPECT_EQ(ParseVersion(text).status().kind(), ErrorKind::kValueError) << text;
  }
}

TEST(Versions, SchemaChangesAreRecordedAndSettingsAreNot) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  EXPECT_EQ(History(registry), (std::vector<int>{0}));
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"}, "online: true")), kPartial).ok());
  EXPECT_EQ(History(registry), (std::vector<int>{0}));
  EXPECT_TRUE(registry.feature_views(0).spec().online());
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a", "b"})), kPartial).ok());
  EXPECT_EQ(History(registry), (std::vector<int>{0, 1}));
  EXPECT_EQ(Current(registry), 1);
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"b", "a"}, "owner: 'o'")), kPartial).ok());
  EXPECT_EQ(Current(registry), 1) << "a setting must not move readers to another version";
  EXPECT_EQ(registry.feature_views_size(), 1);
}

TEST(Versions, AViewWithoutHistoryIsSavedFirst) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  registry.clear_feature_view_version_history();
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"b"})), kPartial).ok());
  EXPECT_EQ(History(registry), (std::vector<int>{0, 1}));
  EXPECT_EQ(ViewOfVersion<core::FeatureView>(registry, "p", "v", 0)->spec().features(0).name(),
            "a");
}

TEST(Versions, NoPromoteRecordsOnly) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  ASSERT_TRUE(
      Apply(&registry, RegistryOf(ViewText("v", {"b"})), {.project = "p", .no_promote = true})
          .ok());
  EXPECT_EQ(History(registry), (std::vector<int>{0, 1}));
  EXPECT_EQ(registry.feature_views(0).spec().features(0).name(), "a");
  EXPECT_EQ(Current(registry), 0);
}

TEST(Versions, PinRestoresAndUnpinReturns) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"b"})), kPartial).ok());
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"b"}, "version: 'v0'")), kPartial).ok());
  EXPECT_EQ(registry.feature_views(0).spec().features(0).name(), "a");
  EXPECT_EQ(registry.feature_views(0).spec().version(), "v0");
  const Status edited =
      Apply(&registry, RegistryOf(ViewText("v", {"c"}, "version: 'v1'")), kPartial);
  EXPECT_EQ(edited.kind(), ErrorKind::kFeatureViewPinConflict);
  EXPECT_TRUE(edited.message().starts_with("Cannot pin feature view 'v' to v1 because"));
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"}, "version: 'v1'")), kPartial).ok());
  EXPECT_EQ(Current(registry), 1);
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"b"})), kPartial).ok());
  EXPECT_EQ(Current(registry), 0) << "leaving a pin resets the number, as upstream does";
}

TEST(Versions, AFutureVersionIsDeclared) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"}, "version: 'v5'")), kPartial).ok());
  EXPECT_EQ(History(registry), (std::vector<int>{5}));
  EXPECT_EQ(Current(registry), 5);
  EXPECT_EQ(NextVersionNumber(registry, "p", "v"), 6);
  EXPECT_EQ(ViewOfVersion<core::FeatureView>(registry, "p", "v", 4).status().message(),
            "Version v4 of feature view v does not exist in project p");
}

}  // namespace
}  // namespace feast
