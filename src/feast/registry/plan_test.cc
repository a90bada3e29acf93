#include "feast/registry/test_objects.h"

namespace feast {
namespace {

std::vector<std::string> Plan(const core::Registry& current, const core::Registry& desired,
                              bool partial) {
  const auto changes =
      PlanChanges(*RegistrySnapshot::Make(current), desired, {.project = "p", .partial = partial});
  EXPECT_TRUE(changes.ok()) << changes.status().ToString();
  std::vector<std::string> lines;
  if (!changes.ok()) return lines;
  for (const ObjectChange& change : *changes) {
    lines.push_back(std::string(1, "CUD="[static_cast<int>(change.change)]) + " " + change.kind +
                    " " + change.name);
  }
  return lines;
}

Status PlanStatus(const core::Registry& current, const core::Registry& desired) {
  return PlanChanges(*RegistrySnapshot::Make(current), desired, {.project = "p"}).status();
}

using Lines = std::vector<std::string>;

TEST(PlanChanges, KindsInUpstreamOrderWithoutTheDummyEntity) {
  const auto desired =
      RegistryOf(ViewText("v", {"a"}) +
                 "entities { spec { name: 'e' } } entities { spec { name: '__dummy' } } "
                 "data_sources { name: 's' } feature_services { spec { name: 'fs' } }");
  EXPECT_EQ(Plan({}, desired, false), (Lines{"C project p", "C data source s", "C entity e",
                                             "C feature view v", "C feature service fs"}));
}

TEST(PlanChanges, DeletesByAbsenceOnlyWhenFull) {
  core::Registry registry;
  const auto first = RegistryOf(ViewText("v", {"a"}) +
                                "entities { spec { name: 'e' } } "
                                "saved_datasets { spec { name: 'd' } }");
  ASSERT_TRUE(Apply(&registry, first, {.project = "p"}).ok());
  const auto desired = RegistryOf("entities { spec { name: 'e' description: 'new' } }");
  EXPECT_EQ(Plan(registry, desired, true), (Lines{"U entity e"}));
  EXPECT_EQ(Plan(registry, desired, false), (Lines{"U entity e", "D feature view v"}));
  EXPECT_EQ(Plan(registry, first, false),
            (Lines{"= entity e", "= feature view v", "= saved dataset d"}));
}

TEST(PlanChanges, SaysWhatDiffers) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), {.project = "p"}).ok());
  const auto changes =
      PlanChanges(*RegistrySnapshot::Make(registry),
                  RegistryOf(ViewText("v", {"a"}, "owner: 'me'")), {.project = "p"});
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].fields, Lines{"owner:  -> me"});
}

TEST(PlanChanges, RefusesConflictingNames) {
  const Status same = PlanStatus({}, RegistryOf(ViewText("v", {"a"}) + ViewText("V", {"a"})));
  EXPECT_EQ(same.kind(), ErrorKind::kConflictingFeatureViewNames);
  EXPECT_TRUE(same.message().starts_with("Multiple FeatureViews with name 'V' found."));
  const std::string stream = "stream_feature_views { spec { name: 'v' } }";
  const Status other = PlanStatus({}, RegistryOf(ViewText("v", {"a"}) + stream));
  EXPECT_TRUE(
      other.message().starts_with("Feature view name 'v' is already used by a FeatureView. Cannot "
                                  "register a StreamFeatureView"));
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), {.project = "p"}).ok());
  EXPECT_EQ(PlanStatus(registry, RegistryOf(stream)).message(),
            "The feature view name: v refers to feature views of different types.");
  const Status sources =
      PlanStatus({}, RegistryOf("data_sources { name: 'x' } data_sources { name: 'X' }"));
  EXPECT_EQ(sources.kind(), ErrorKind::kValueError);
  EXPECT_EQ(sources.message(), "Multiple data sources share the same case-insensitive name X.");
}

TEST(PlanChanges, RefusesInvalidViews) {
  EXPECT_FALSE(PlanStatus({}, RegistryOf(ViewText("a@b", {"a"}))).ok());
  EXPECT_FALSE(PlanStatus({}, RegistryOf(ViewText("v", {"a"}, "version: 'third'"))).ok());
  EXPECT_FALSE(PlanStatus({}, RegistryOf("on_demand_feature_views { spec { name: 'o' } }")).ok());
}

TEST(RegistrySnapshot, FindsByProjectAndNamesWhatIsMissing) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), {.project = "p"}).ok());
  const auto snapshot = RegistrySnapshot::Make(registry);
  EXPECT_TRUE(snapshot->HasProject("p"));
  EXPECT_TRUE(snapshot->GetFeatureView("p", "v").ok());
  EXPECT_EQ(snapshot->GetFeatureView("q", "v").status().message(),
            "Feature view v does not exist in project q");
  EXPECT_EQ(snapshot->GetOnDemandFeatureView("p", "v").status().kind(),
            ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(snapshot->GetProject("x").status().message(), "Project x does not exist");
  EXPECT_GT(RegistrySnapshot::Make(registry)->generation(), snapshot->generation());
}

}  // namespace
}  // namespace feast
