#include "feast/registry/object_kinds.h"
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

/// The object itself, and its spec and meta where it has them.
template <typename T>
std::vector<google::protobuf::Message*> PartsOf(T* object) {
  std::vector<google::protobuf::Message*> parts = {object};
  if constexpr (requires { object->mutable_spec(); }) parts.push_back(object->mutable_spec());
  if constexpr (requires { object->mutable_meta(); }) parts.push_back(object->mutable_meta());
  return parts;
}

template <typename T>
auto* TagsOf(T* object) {
  if constexpr (requires { object->mutable_spec(); }) {
    return object->mutable_spec()->mutable_tags();
  } else {
    return object->mutable_tags();
  }
}

/// Applies an object twice, the second time with another tag; a field of a newer release that
/// somebody wrote in between is still there.
template <typename T>
void CheckUnknownFieldsOf(core::Registry desired) {
  SCOPED_TRACE(T::descriptor()->name());
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, desired, kPartial).ok());
  const auto find = [&]() -> T* {
    for (T& object : *KindOf<T>::List(&registry)) {
      if (NameOf(object) == "n") return &object;
    }
    return nullptr;
  };
  ASSERT_NE(find(), nullptr);
  for (auto* part : PartsOf(find())) {
    part->GetReflection()->MutableUnknownFields(part)->AddVarint(900, 7);
  }
  const std::string stored = registry.SerializeAsString();
  ASSERT_TRUE(registry.ParseFromString(stored));
  (*TagsOf(KindOf<T>::List(&desired)->Mutable(0)))["team"] = "b";
  const Status applied = Apply(&registry, desired, kPartial);
  ASSERT_TRUE(applied.ok()) << applied.ToString();
  EXPECT_EQ(TagsOf(find())->at("team"), "b");
  for (auto* part : PartsOf(find())) {
    EXPECT_EQ(part->GetReflection()->GetUnknownFields(*part).field_count(), 1)
        << part->GetDescriptor()->name();
  }
}

TEST(ApplyChanges, UnknownFieldsOfEveryKindSurvive) {
  CheckUnknownFieldsOf<core::Project>(RegistryOf("projects { spec { name: 'n' } }"));
  ForEachPlannedKind([]<typename T>() {
    core::Registry desired;
    T* object = KindOf<T>::List(&desired)->Add();
    if constexpr (requires { object->mutable_spec(); }) {
      object->mutable_spec()->set_name("n");
    } else {
      object->set_name("n");
    }
    if constexpr (std::is_same_v<T, core::OnDemandFeatureView>) {
      (*object->mutable_spec()->mutable_sources())["r"].mutable_request_data_source();
      object->mutable_spec()->mutable_user_defined_function()->set_body_text("text");
    }
    CheckUnknownFieldsOf<T>(std::move(desired));
  });
}

TEST(ApplyChanges, UnknownFieldsSurviveANewVersion) {
  core::Registry registry;
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  auto* spec = registry.mutable_feature_views(0)->mutable_spec();
  spec->GetReflection()->MutableUnknownFields(spec)->AddVarint(900, 7);
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a", "b"})), kPartial).ok());
  const auto& now = registry.feature_views(0).spec();
  EXPECT_EQ(now.features_size(), 2);
  EXPECT_EQ(now.GetReflection()->GetUnknownFields(now).field_count(), 1);
}

TEST(ApplyChanges, UnknownFieldsOfTheRegistryItselfSurvive) {
  core::Registry registry;
  registry.GetReflection()->MutableUnknownFields(&registry)->AddVarint(900, 7);
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  EXPECT_EQ(registry.GetReflection()->GetUnknownFields(registry).field_count(), 1);
}

TEST(ApplyChanges, SettingsAreUpdatedInPlace) {
  core::Registry registry;
  ASSERT_TRUE(
      Apply(&registry, RegistryOf(ViewText("v", {"a"}) + ViewText("w", {"a"})), kPartial).ok());
  ASSERT_TRUE(RecordMaterialization(&registry, "p", "v", 0, 10, 11).ok());
  ASSERT_TRUE(Apply(&registry,
                    RegistryOf(ViewText("v", {"a"},
                                        "disabled: true ttl { seconds: 9 } org: 'o' mode: 'm'")),
                    kPartial)
                  .ok());
  const auto& view = registry.feature_views(0);
  EXPECT_EQ(view.spec().name(), "v") << "in its old place";
  EXPECT_TRUE(view.spec().disabled());
  EXPECT_EQ(view.spec().ttl().seconds(), 9);
  EXPECT_EQ(view.spec().org(), "o");
  EXPECT_EQ(view.spec().mode(), "m");
  EXPECT_EQ(view.meta().state(), core::AVAILABLE_ONLINE);
  ASSERT_TRUE(Apply(&registry, RegistryOf(ViewText("v", {"a"})), kPartial).ok());
  EXPECT_FALSE(registry.feature_views(0).spec().disabled()) << "the definition decides";
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
