#include "feast/references/resolve.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "feast/references/find_view.h"
#include "feast/registry/versions.h"

namespace feast {
namespace {

constexpr const char* kRegistry = R"(
  projects { spec { name: 'p' } }
  feature_views {
    spec {
      name: 'stats' project: 'p' online: true
      entity_columns { name: 'driver_id' value_type: INT64 }
      features { name: 'rate' value_type: FLOAT } features { name: 'trips' value_type: INT64 }
    }
    meta { current_version_number: 2 }
  }
  feature_views {
    spec {
      name: 'plain' project: 'p' entity_columns { name: 'driver_id' value_type: INT64 }
      features { name: 'a' value_type: FLOAT }
    }
  }
  on_demand_feature_views {
    spec {
      name: 'od' project: 'p' features { name: 'sum' value_type: DOUBLE }
      features { name: 'product' value_type: DOUBLE }
      sources { key: 'stats' value { feature_view_projection {
        feature_view_name: 'stats' feature_columns { name: 'rate' value_type: FLOAT } } } }
      sources { key: 'req' value { request_data_source {
        request_data_options { schema { name: 'amount' value_type: DOUBLE } } } } }
    }
    meta { current_version_number: 1 }
  }
  on_demand_feature_views {
    spec {
      name: 'kept' project: 'p' write_to_online_store: true
      entity_columns { name: 'driver_id' value_type: INT64 }
      features { name: 'half' value_type: DOUBLE }
    }
  }
  feature_services { spec {
    name: 'svc' project: 'p'
    features {
      feature_view_name: 'stats' feature_view_name_alias: 'origin'
      join_key_map { key: 'driver_id' value: 'origin_id' }
      feature_columns { name: 'rate' value_type: FLOAT }
    }
    features {
      feature_view_name: 'stats' version_tag: 1
      feature_columns { name: 'rate' value_type: DOUBLE }
    }
  } }
  feature_services { spec { name: 'bad' project: 'p' features {
    feature_view_name: 'stats' feature_columns { name: 'gone' value_type: FLOAT } } } }
)";

template <typename View>
void AddVersion(core::Registry* registry, const View& view, int number, const char* type) {
  RecordVersion(registry, {"p", view.spec().name(), number, type, view.SerializeAsString()}, 0);
}

/// `stats` at v1 has one feature of another type; `od` at v0 has one other output.
std::shared_ptr<const RegistrySnapshot> MakeSnapshot() {
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kRegistry, &registry));
  core::FeatureView old_view = registry.feature_views(0);
  old_view.mutable_spec()->mutable_features()->DeleteSubrange(1, 1);
  old_view.mutable_spec()->mutable_features(0)->set_value_type(types::ValueType_Enum_DOUBLE);
  AddVersion(&registry, old_view, 1, "feature_view");
  core::OnDemandFeatureView old_transform = registry.on_demand_feature_views(0);
  old_transform.mutable_spec()->mutable_features()->DeleteSubrange(1, 1);
  old_transform.mutable_spec()->mutable_features(0)->set_name("before");
  AddVersion(&registry, old_transform, 0, "on_demand_feature_view");
  return RegistrySnapshot::Make(std::move(registry));
}

class ResolveTest : public testing::Test {
 protected:
  Result<Resolved> Get(std::vector<std::string> features, const std::string& service = "",
                       bool full_names = false) {
    return Resolve(*snapshot_, options_, {std::move(features), service, full_names});
  }
  std::string Error(std::vector<std::string> features, const std::string& service = "") {
    return Get(std::move(features), service).status().message();
  }

  std::shared_ptr<const RegistrySnapshot> snapshot_ = MakeSnapshot();
  ResolveOptions options_{.project = "p", .versioning = true};
};

TEST_F(ResolveTest, EveryFormOfReferenceToTheCurrentView) {
  for (const char* reference :
       {"stats:rate", "stats@latest:rate", "stats@LATEST:rate", "stats@:rate"}) {
    for (const bool versioning : {true, false}) {
      options_.versioning = versioning;
      const auto resolved = Get({reference});
      ASSERT_TRUE(resolved.ok()) << reference << ": " << resolved.status().ToString();
      EXPECT_EQ(resolved->views[0].label, "stats") << reference;
      EXPECT_EQ(resolved->views[0].version, std::nullopt) << reference;
      EXPECT_EQ(resolved->views[0].features[0].type, ValueType::kFloat) << reference;
    }
  }
}

TEST_F(ResolveTest, EmptyNamesAreNamesThatNobodyHas) {
  EXPECT_EQ(Error({":rate"}), "Feature view  does not exist in project p");
  EXPECT_EQ(Error({"stats:"}), "Feature  not found in projection stats");
  EXPECT_EQ(Error({}), "No features specified for retrieval");
}

TEST_F(ResolveTest, APinnedViewIsReadAsItWas) {
  for (const char* reference : {"stats@v1:rate", "stats@V1:rate"}) {
    const auto resolved = Get({reference});
    ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
    EXPECT_EQ(resolved->views[0].label, "stats@v1");
    EXPECT_EQ(resolved->views[0].version, 1);
    EXPECT_EQ(resolved->views[0].features[0].type, ValueType::kDouble);
  }
  EXPECT_EQ(Error({"stats@v1:trips"}), "Feature trips not found in projection stats@v1");
  EXPECT_EQ(Error({"stats@v7:rate"}),
            "Version v7 of feature view stats does not exist in project p");
  EXPECT_EQ(Error({"stats@one:rate"}), "Feature view stats@one does not exist in project p");
}

TEST_F(ResolveTest, WhetherAPinnedViewServesIsAskedOfTheViewAsItIsNow) {
  core::Registry registry = snapshot_->proto();
  registry.mutable_feature_views(0)->mutable_spec()->set_disabled(true);
  snapshot_ = RegistrySnapshot::Make(std::move(registry));
  EXPECT_EQ(Error({"stats@v1:rate"}).substr(0, 33), "Feature view 'stats' is disabled ");
  EXPECT_EQ(Error({"od:sum"}).substr(0, 33), "Feature view 'stats' is disabled ");
}

TEST_F(ResolveTest, TheCurrentVersionNeedsNoHistory) {
  const auto resolved = Get({"stats@v2:trips", "plain@v0:a"});
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  EXPECT_EQ(resolved->views[0].label, "stats@v2");
  EXPECT_EQ(resolved->views[1].label, "plain@v0");
}

TEST_F(ResolveTest, TwoVersionsOfOneViewAreTwoReads) {
  const auto resolved = Get({"stats:rate", "stats@v1:rate"}, "", /*full_names=*/true);
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  ASSERT_EQ(resolved->views.size(), 2U);
  EXPECT_EQ(resolved->views[1].label, "stats@v1");
  EXPECT_EQ(resolved->resources.size(), 1U) << "permission is asked for once";
}

TEST_F(ResolveTest, VersionsNeedTheSetting) {
  options_.versioning = false;
  EXPECT_EQ(
      Error({"stats@v1:rate"}),
      "Version-qualified ref 'stats@v1' not supported: online versioning is disabled. Set "
      "'enable_online_feature_view_versioning: true' under 'registry' in feature_store.yaml.");
  EXPECT_EQ(Error({}, "svc").substr(0, 37), "Version-qualified ref 'stats@v1' not ");
}

TEST_F(ResolveTest, APinnedOnDemandViewRunsAsItWas) {
  auto resolved = Get({"od@v0:before"});
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  ASSERT_EQ(resolved->transforms.size(), 1U);
  EXPECT_EQ(resolved->transforms[0].label, "od@v0");
  EXPECT_EQ(resolved->transforms[0].view->spec().features(0).name(), "before");
  EXPECT_EQ(Error({"od@v0:sum"}), "Feature sum not found in projection od@v0");
  EXPECT_EQ(Error({"od:before"}), "Feature before not found in projection od");
  EXPECT_EQ(Error({"od@v5:sum"}), "Version v5 of feature view od does not exist in project p");
  resolved = Get({"od@v1:sum", "od:product"});
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  EXPECT_EQ(resolved->transforms.size(), 2U);
}

TEST_F(ResolveTest, OnDemandInputsAreReadButNotAskedFor) {
  const auto resolved = Get({"od:sum", "stats:trips"});
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  ASSERT_EQ(resolved->views.size(), 1U);
  EXPECT_EQ(resolved->views[0].requested, (std::vector<bool>{false, true}));
  EXPECT_EQ(resolved->request_data[0].name, "amount");
  EXPECT_TRUE(resolved->transforms[0].inputs.contains("stats"));
}

TEST_F(ResolveTest, AStoredOnDemandViewIsReadAndNotRun) {
  const auto resolved = Get({"kept:half"});
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  EXPECT_TRUE(resolved->transforms.empty());
  EXPECT_EQ(resolved->views[0].facts->kind, "OnDemandFeatureView");
}

TEST_F(ResolveTest, AServiceGivesItsProjectionsInOrder) {
  const auto resolved = Get({}, "svc", /*full_names=*/true);
  ASSERT_TRUE(resolved.ok()) << resolved.status().ToString();
  ASSERT_EQ(resolved->views.size(), 2U);
  EXPECT_EQ(resolved->views[0].label, "origin");
  EXPECT_EQ(resolved->views[0].join_key_map.at("driver_id"), "origin_id");
  EXPECT_EQ(resolved->views[1].label, "stats@v1");
  EXPECT_EQ(resolved->resources.size(), 1U);
  EXPECT_EQ(resolved->resources[0].kind, "FeatureService");
  EXPECT_EQ(Error({}, "none"), "Feature service none does not exist in project p");
  EXPECT_EQ(Error({}, "bad"),
            "The projection for stats cannot be applied because it contains gone which the "
            "FeatureView doesn't have.");
}

TEST_F(ResolveTest, DamagedHistoryIsNamed) {
  core::Registry registry = snapshot_->proto();
  registry.mutable_feature_view_version_history()->mutable_records(0)->set_feature_view_proto(
      "\xff");
  const auto found = FindViewVersion(*RegistrySnapshot::Make(std::move(registry)), "p", "stats", 1);
  EXPECT_EQ(found.status().code(), StatusCode::kDataLoss);
  EXPECT_NE(found.status().message().find("v1 of feature view stats"), std::string::npos);
}

}  // namespace
}  // namespace feast
