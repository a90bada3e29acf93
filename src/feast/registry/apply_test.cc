#include "feast/registry/test_objects.h"

namespace feast {
namespace {

const ApplyOptions kPartial{.project = "p"};

TEST(ApplyChanges, CreatesProjectMetadataAndDummyEntity) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  ASSERT_EQ(registry.projects_size(), 1);
  EXPECT_EQ(registry.project_metadata(0).project(), "p");
  EXPECT_EQ(registry.project_metadata(0).project_uuid().size(), 36u);
  ASSERT_EQ(registry.entities_size(), 1);
  EXPECT_EQ(registry.entities(0).spec().join_key(), "__dummy_id");
  EXPECT_EQ(registry.feature_views(0).spec().project(), "p");
}

TEST(ApplyChanges, ADefinedProjectHasNoMetadata) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf("projects { spec { name: 'p' } }"), kPartial).ok());
  EXPECT_EQ(registry.projects_size(), 1);
  EXPECT_EQ(registry.project_metadata_size(), 0);
}

TEST(ApplyChanges, KeepsCreationAndStampsTheChange) {
  core::Registry registry;
  ASSERT_TRUE(
      Apply(&registry, RegistryOf("entities { spec { name: 'e' } }"), kPartial, 1'000'000).ok());
  ASSERT_TRUE(Apply(&registry, RegistryOf("entities { spec { name: 'e' owner: 'x' } }"), kPartial,
                    2'000'000)
                  .ok());
  for (const auto& entity : registry.entities()) {
    if (entity.spec().name() != "e") continue;
    EXPECT_EQ(entity.spec().owner(), "x");
    EXPECT_EQ(entity.meta().created_timestamp().seconds(), 1);
    EXPECT_EQ(entity.meta().last_updated_timestamp().seconds(), 2);
  }
}

TEST(ApplyChanges, EqualDataSourceIsLeftAlone) {
  core::Registry registry;
  const auto desired = RegistryOf("data_sources { name: 's' timestamp_field: 't' }");
  ASSERT_TRUE(Apply(&registry, desired, kPartial, 1'000'000).ok());
  const std::string before = registry.data_sources(0).SerializeAsString();
  auto again = desired;
  again.mutable_data_sources(0)->mutable_meta()->mutable_created_timestamp()->set_seconds(77);
  ASSERT_TRUE(Apply(&registry, again, kPartial, 2'000'000).ok());
  EXPECT_EQ(registry.data_sources(0).SerializeAsString(), before);
}

TEST(ApplyChanges, SavedDatasetKeepsItsTimes) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry,
                    RegistryOf("saved_datasets { spec { name: 'd' } meta { "
                               "min_event_timestamp { seconds: 5 } } }"),
                    kPartial)
                  .ok());
  ASSERT_TRUE(Apply(&registry,
                    RegistryOf("saved_datasets { spec { name: 'd' full_feature_names: true "
                               "} }"),
                    kPartial)
                  .ok());
  EXPECT_TRUE(registry.saved_datasets(0).spec().full_feature_names());
  EXPECT_EQ(registry.saved_datasets(0).meta().min_event_timestamp().seconds(), 5);
}

TEST(ApplyChanges, UnknownFieldsSurviveAReplacement) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  auto* view = registry.mutable_feature_views(0);
  view->mutable_spec()
      ->GetReflection()
      ->MutableUnknownFields(view->mutable_spec())
      ->AddVarint(900, 7);
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a", "b"})), kPartial).ok());
  const auto& spec = registry.feature_views(0).spec();
  EXPECT_EQ(spec.features_size(), 2);
  EXPECT_EQ(spec.GetReflection()->GetUnknownFields(spec).field_count(), 1);
}

TEST(ApplyChanges, AViewMayChangeItsKindInAFullApply) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  const auto stream = RegistryOf("stream_feature_views { spec { name: 'v' } }");
  ASSERT_TRUE(Apply(&registry, stream, {.project = "p", .partial = false}).ok());
  EXPECT_EQ(registry.feature_views_size(), 0);
  EXPECT_EQ(registry.stream_feature_views_size(), 1);
  EXPECT_EQ(registry.feature_view_version_history().records_size(), 1);
}

TEST(ApplyChanges, ProjectsDoNotTouchEachOther) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  ASSERT_TRUE(
      Apply(&registry, RegistryOf(ViewText("w", {"a"})), {.project = "q", .partial = false}).ok());
  EXPECT_EQ(registry.feature_views_size(), 2);
  EXPECT_EQ(registry.projects_size(), 2);
}

TEST(DeleteObject, RemovesViewAndHistoryOrSaysWhatIsMissing) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  EXPECT_EQ(DeleteObject(&registry, "p", "entity", "zz").message(),
            "Entity zz does not exist in project p");
  ASSERT_TRUE(DeleteObject(&registry, "p", "feature view", "v").ok());
  EXPECT_EQ(registry.feature_view_version_history().records_size(), 0);
  ASSERT_TRUE(DeleteObject(&registry, "p", "project", "p").ok());
  EXPECT_EQ(registry.entities_size() + registry.projects_size() + registry.project_metadata_size(),
            0);
}

TEST(RecordMaterialization, AppendsAnIntervalThatAReapplyKeeps) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  ASSERT_TRUE(RecordMaterialization(&registry, "p", "v", -500'000, 10'000'000, 11'000'000).ok());
  EXPECT_EQ(registry.feature_views(0).meta().state(), core::AVAILABLE_ONLINE);
  const auto& start = registry.feature_views(0).meta().materialization_intervals(0).start_time();
  EXPECT_EQ(start.seconds(), -1);
  EXPECT_EQ(start.nanos(), 500'000'000);
  for (const auto& features : {std::vector<std::string>{"a"}, std::vector<std::string>{"a", "b"}}) {
    ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", features, "owner: 'o'")), kPartial).ok());
    EXPECT_EQ(registry.feature_views(0).meta().materialization_intervals_size(), 1);
  }
  EXPECT_EQ(RecordMaterialization(&registry, "p", "none", 0, 1, 1).kind(),
            ErrorKind::kFeatureViewNotFound);
}

}  // namespace
}  // namespace feast
