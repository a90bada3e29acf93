#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feast/definitions/names.h"
#include "feast/definitions/not_found.h"
#include "feast/definitions/view_facts.h"

namespace feast {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

template <typename Fields>
void AddField(const std::string& name, ValueType type, Fields* fields) {
  auto* field = fields->Add();
  field->set_name(name);
  field->set_value_type(static_cast<types::ValueType::Enum>(type));
}

std::vector<std::string> Names(const std::vector<FieldFacts>& fields) {
  std::vector<std::string> names;
  for (const FieldFacts& field : fields) names.push_back(field.name);
  return names;
}

core::FeatureView DriverStats() {
  core::FeatureView view;
  auto* spec = view.mutable_spec();
  spec->set_name("driver_stats");
  AddField("driver_id", ValueType::kInt64, spec->mutable_entity_columns());
  AddField("conv_rate", ValueType::kFloat, spec->mutable_features());
  spec->mutable_ttl()->set_seconds(7200);
  spec->mutable_ttl()->set_nanos(5000);
  spec->set_online(true);
  spec->mutable_batch_source()->set_name("stats");
  view.mutable_meta()->set_current_version_number(3);
  return view;
}

TEST(ViewFactsTest, FeatureView) {
  const auto facts = FactsOf(DriverStats());
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_EQ(facts->kind, "FeatureView");
  EXPECT_THAT(Names(facts->join_keys), ElementsAre("driver_id"));
  EXPECT_EQ(facts->join_keys[0].type, ValueType::kInt64);
  EXPECT_THAT(Names(facts->features), ElementsAre("conv_rate"));
  EXPECT_EQ(facts->ttl, 7200 * kMicrosPerSecond + 5);
  EXPECT_EQ(facts->current_version, 3);
  EXPECT_EQ(facts->batch_source.name(), "stats");
  EXPECT_FALSE(facts->stream_source.has_value());
}

TEST(ViewFactsTest, StreamViewsFeaturesHoldNoEntityColumns) {
  core::StreamFeatureView view;
  auto* spec = view.mutable_spec();
  spec->set_name("clicks");
  AddField("user_id", ValueType::kString, spec->mutable_entity_columns());
  AddField("user_id", ValueType::kString, spec->mutable_features());
  AddField("clicks", ValueType::kInt64, spec->mutable_features());
  spec->mutable_stream_source()->set_name("kafka");
  const auto facts = FactsOf(view);
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(Names(facts->features), ElementsAre("clicks"));
  EXPECT_EQ(facts->stream_source->name(), "kafka");
}

TEST(ViewFactsTest, ViewsWithoutEntitiesJoinOnTheDummyKey) {
  core::OnDemandFeatureView view;
  view.mutable_spec()->set_name("all");
  view.mutable_spec()->set_write_to_online_store(true);
  const auto facts = FactsOf(view);
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(Names(facts->join_keys), ElementsAre("__dummy_id"));
  EXPECT_EQ(facts->join_keys[0].type, ValueType::kString);
  EXPECT_TRUE(facts->online);
}

TEST(ViewFactsTest, LabelViewsPushSourceHasTheBatchSource) {
  core::LabelView view;
  view.mutable_spec()->set_name("labels");
  view.mutable_spec()->mutable_source()->set_name("push");
  view.mutable_spec()->mutable_source()->mutable_batch_source()->set_name("batch");
  const auto facts = FactsOf(view);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->batch_source.name(), "batch");
  EXPECT_EQ(facts->stream_source->name(), "push");
}

TEST(ViewFactsTest, RefusesUnknownTypesAndTtlOutOfRange) {
  core::FeatureView view = DriverStats();
  AddField("odd", static_cast<ValueType>(99), view.mutable_spec()->mutable_features());
  EXPECT_THAT(FactsOf(view).status().message(), HasSubstr("'odd' has the unknown value type 99"));
  view = DriverStats();
  view.mutable_spec()->mutable_ttl()->set_seconds(int64_t{1} << 60);
  EXPECT_THAT(FactsOf(view).status().message(), HasSubstr("driver_stats: ttl"));
}

TEST(CheckServableTest, StatesAndDisabled) {
  ViewFacts view;
  view.name = "v";
  for (const int state :
       {int{core::STATE_UNSPECIFIED}, int{core::MATERIALIZING}, int{core::AVAILABLE_ONLINE}}) {
    view.state = state;
    EXPECT_TRUE(CheckServable(view).ok()) << state;
  }
  view.state = core::CREATED;
  EXPECT_EQ(CheckServable(view).message(),
            "Feature view 'v' is in state 'CREATED' and cannot serve features. Only "
            "AVAILABLE_ONLINE feature views can serve.");
  EXPECT_EQ(CheckServable(view).kind(), ErrorKind::kValueError);
  view.disabled = true;
  EXPECT_EQ(CheckServable(view).message(),
            "Feature view 'v' is disabled and cannot serve features. Enable it with `feast "
            "feature-views enable v` or set enabled=True.");
}

struct ReferenceCase {
  std::string text, view, feature;
  std::optional<int> version;
};

TEST(FeatureReferenceTest, Forms) {
  const ReferenceCase cases[] = {
      {"fv:f", "fv", "f", {}},
      {"fv@v2:f", "fv", "f", 2},
      {"fv@V12:f", "fv", "f", 12},
      {"fv@v0:f", "fv", "f", 0},
      {"fv@latest:f", "fv", "f", {}},
      {"fv@Latest:f", "fv", "f", {}},
      {"fv@:f", "fv", "f", {}},
      {"fv@x:f", "fv@x", "f", {}},
      {"fv@v99999999999:f", "fv@v99999999999", "f", {}},
      {"fv:a:b", "fv", "a:b", {}},
  };
  for (const ReferenceCase& c : cases) {
    const auto reference = ParseFeatureReference(c.text);
    ASSERT_TRUE(reference.ok()) << c.text;
    EXPECT_EQ(reference->view, c.view) << c.text;
    EXPECT_EQ(reference->version, c.version) << c.text;
    EXPECT_EQ(reference->feature, c.feature) << c.text;
  }
}

TEST(FeatureReferenceTest, RefusesTheRestWithUpstreamsText) {
  for (const std::string text : {"", "fv", "fv@v2"}) {
    const Status status = ParseFeatureReference(text).status();
    EXPECT_EQ(status.kind(), ErrorKind::kValueError);
    EXPECT_EQ(status.message(), "Invalid feature reference '" + text +
                                    "'. Expected format: '<feature_view>:<feature>' or "
                                    "'<feature_view>@<version>:<feature>'");
  }
}

TEST(FieldMappingTest, BothWays) {
  core::DataSource source;
  (*source.mutable_field_mapping())["b_col"] = "name";
  (*source.mutable_field_mapping())["a_col"] = "name";
  EXPECT_EQ(ToFeastName(source, "b_col"), "name");
  EXPECT_EQ(ToFeastName(source, "other"), "other");
  EXPECT_EQ(ToSourceColumn(source, "name"), "a_col");
  EXPECT_EQ(ToSourceColumn(source, "other"), "other");
}

TEST(NamesTest, Projects) {
  for (const std::string good : {"a", "A1_b", "a-b", "1a", "caf\xc3\xa9"}) {
    EXPECT_TRUE(CheckProjectName(good).ok()) << good;
  }
  for (const std::string bad : {"", "_a", "-a", "has space", "a.b", "a/b"}) {
    EXPECT_THAT(CheckProjectName(bad).message(),
                HasSubstr("Project name, " + bad + ", should only have"));
  }
}

TEST(NamesTest, Views) {
  EXPECT_TRUE(CheckViewName("any thing-else").ok());
  EXPECT_EQ(CheckViewName("").message(), "Feature view needs a name.");
  EXPECT_THAT(CheckViewName("a@v1").message(), HasSubstr("'a@v1' must not contain '@'"));
  EXPECT_THAT(CheckViewName("a:b").message(), HasSubstr("'a:b' must not contain ':'"));
  EXPECT_TRUE(SameNameIgnoringCase("Driver", "dRIVER"));
  EXPECT_FALSE(SameNameIgnoringCase("driver", "drivers"));
  EXPECT_THAT(ConflictingViewNames("v", "FeatureView", "FeatureView").message(),
              HasSubstr("Multiple FeatureViews with name 'v' found."));
  EXPECT_THAT(ConflictingViewNames("v", "LabelView", "FeatureView").message(),
              HasSubstr("already used by a LabelView. Cannot register a FeatureView"));
}

TEST(NamesTest, TablesOfAView) {
  for (const char* name : {"v", "v_v1", "v_v12"}) EXPECT_TRUE(IsNameOrVersionOf(name, "v")) << name;
  for (const char* name : {"", "w", "v_", "v_v", "v_v1x", "v_x1", "vv1", "v_v1_v2"}) {
    EXPECT_FALSE(IsNameOrVersionOf(name, "v")) << name;
  }
}

TEST(NotFoundTest, TextsAndKinds) {
  const Status view = ObjectNotFound(ObjectKind::kStreamFeatureView, "n", "p");
  EXPECT_EQ(view.message(), "Feature view n does not exist in project p");
  EXPECT_EQ(view.kind(), ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(view.code(), StatusCode::kNotFound);
  EXPECT_EQ(ObjectNotFound(ObjectKind::kEntity, "n", "").message(), "Entity n does not exist");
  EXPECT_EQ(ObjectNotFound(ObjectKind::kProject, "n", "p").message(), "Project n does not exist");
  EXPECT_EQ(ObjectNotFound(ObjectKind::kPermission, "n", "p").message(),
            "Permission n does not exist in project p");
  EXPECT_EQ(ViewVersionNotFound("n", 7, "p").message(),
            "Version v7 of feature view n does not exist in project p");
}

}  // namespace
}  // namespace feast
