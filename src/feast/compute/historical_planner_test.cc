#include "feast/compute/historical_planner.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

namespace feast {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

constexpr const char* kRegistry = R"(
  projects { spec { name: 'p' } }
  feature_views { spec {
    name: 'stats' project: 'p' ttl { seconds: 3600 }
    entity_columns { name: 'driver_id' value_type: INT64 }
    features { name: 'rate' value_type: FLOAT } features { name: 'trips' value_type: INT64 }
    batch_source {
      name: 'source' timestamp_field: 'event_timestamp' created_timestamp_column: 'created'
      field_mapping { key: 'drv' value: 'driver_id' } field_mapping { key: 'at' value: 'event_timestamp' }
      field_mapping { key: 'raw_rate' value: 'rate' }
    }
  } }
  feature_views { spec {
    name: 'city' project: 'p' entity_columns { name: '__dummy_id' value_type: STRING }
    features { name: 'rain' value_type: FLOAT }
    batch_source { name: 'weather' timestamp_field: 'ts' }
  } }
  on_demand_feature_views { spec {
    name: 'priced' project: 'p' features { name: 'price' value_type: DOUBLE }
    sources { key: 'stats' value { feature_view_projection {
      feature_view_name: 'stats' feature_columns { name: 'trips' value_type: INT64 } } } }
    sources { key: 'req' value { request_data_source {
      request_data_options { schema { name: 'fee' value_type: DOUBLE } } } } }
  } }
  feature_services { spec {
    name: 'pair' project: 'p'
    features {
      feature_view_name: 'stats' feature_view_name_alias: 'origin'
      join_key_map { key: 'driver_id' value: 'origin_id' }
      feature_columns { name: 'rate' value_type: FLOAT }
    }
    features {
      feature_view_name: 'stats' feature_view_name_alias: 'target'
      join_key_map { key: 'driver_id' value: 'target_id' }
      feature_columns { name: 'rate' value_type: FLOAT }
    }
  } }
)";

Result<HistoricalJobPlan> Plan(Names features, const std::string& service, bool full_names,
                               const Names& entity_columns) {
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kRegistry, &registry));
  HistoricalRequest request;
  request.select = {std::move(features), service, full_names};
  ResolveOptions options;
  options.project = "p";
  return PlanHistorical(*RegistrySnapshot::Make(std::move(registry)), request, entity_columns,
                        entity_columns.empty() ? "" : "event_timestamp", options);
}

const Names kEntity = {"driver_id", "event_timestamp"};

TEST(HistoricalPlanner, ReadsTheSourcesOwnColumns) {
  const auto plan = Plan({"stats:trips", "stats:rate", "city:rain"}, "", false, kEntity);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  ASSERT_EQ(plan->join.views.size(), 2u);
  const HistoricalView& stats = plan->join.views[0];
  EXPECT_THAT(stats.read.join_keys, ElementsAre("drv"));
  EXPECT_THAT(stats.entity_columns, ElementsAre("driver_id"));
  EXPECT_EQ(stats.read.timestamp_column, "at");
  EXPECT_EQ(stats.read.created_column, "created");
  EXPECT_THAT(stats.read.features, ElementsAre("trips", "raw_rate"));
  EXPECT_THAT(stats.output_names, ElementsAre("trips", "rate"));
  EXPECT_THAT(stats.output_types, ElementsAre(ValueType::kInt64, ValueType::kFloat));
  EXPECT_EQ(stats.ttl, 3600 * kMicrosPerSecond);
  const HistoricalView& city = plan->join.views[1];
  EXPECT_THAT(city.read.join_keys, IsEmpty()) << "no source has the dummy key";
  EXPECT_EQ(city.read.created_column, "");
  EXPECT_EQ(city.ttl, 0);
}

TEST(HistoricalPlanner, FullNamesUseAliasesAndKeysAreMapped) {
  const auto plan = Plan({}, "pair", true, {"origin_id", "target_id", "event_timestamp"});
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  ASSERT_EQ(plan->join.views.size(), 2u);
  EXPECT_THAT(plan->join.views[0].output_names, ElementsAre("origin__rate"));
  EXPECT_THAT(plan->join.views[0].entity_columns, ElementsAre("origin_id"));
  EXPECT_THAT(plan->join.views[0].read.join_keys, ElementsAre("drv"));
  EXPECT_THAT(plan->join.views[1].output_names, ElementsAre("target__rate"));
  EXPECT_THAT(plan->join.views[1].entity_columns, ElementsAre("target_id"));
  EXPECT_EQ(Plan({}, "pair", false, {"origin_id", "target_id", "event_timestamp"}).status().kind(),
            ErrorKind::kFeatureNameCollision);
}

TEST(HistoricalPlanner, OnDemandViewsBringTheirInputs) {
  const auto plan = Plan({"priced:price"}, "", false, {"driver_id", "event_timestamp", "fee"});
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  ASSERT_EQ(plan->join.views.size(), 1u);
  EXPECT_THAT(plan->join.views[0].output_names, ElementsAre("trips"));
  ASSERT_EQ(plan->on_demand.size(), 1u);
  EXPECT_THAT(plan->on_demand[0].output_names, ElementsAre("price"));
  EXPECT_THAT(plan->on_demand[0].request_fields, ElementsAre("fee"));

  const auto missing = Plan({"priced:price"}, "", false, kEntity).status();
  EXPECT_EQ(missing.kind(), ErrorKind::kRequestDataNotFoundInEntityDf);
  EXPECT_THAT(missing.message(), AllOf(HasSubstr("fee"), HasSubstr("priced")));
}

TEST(HistoricalPlanner, FeaturesStepAsideForEntityColumns) {
  auto columns = kEntity;
  columns.push_back("rate");
  const auto plan = Plan({"stats:rate"}, "", false, columns);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_THAT(plan->join.views[0].output_names, ElementsAre("rate__"));
  columns.push_back("rate__");
  const auto taken = Plan({"stats:rate"}, "", false, columns).status();
  EXPECT_EQ(taken.kind(), ErrorKind::kValueError);
  EXPECT_THAT(taken.message(), AllOf(HasSubstr("'rate__'"), HasSubstr("stats:rate")));
}

TEST(HistoricalPlanner, WrongRequestsAreNamed) {
  const auto error = [](const Names& features, const Names& columns) {
    return Plan(features, "", false, columns).status();
  };
  EXPECT_EQ(error({"nope:rate"}, kEntity).kind(), ErrorKind::kFeatureViewNotFound);
  EXPECT_EQ(error({"stats:nope"}, kEntity).kind(), ErrorKind::kKeyError);
  const auto key = error({"stats:rate"}, {"event_timestamp"});
  EXPECT_EQ(key.kind(), ErrorKind::kKeyError);
  EXPECT_THAT(key.message(), AllOf(HasSubstr("'driver_id'"), HasSubstr("'stats'")));
  EXPECT_TRUE(Plan({"stats:rate"}, "", false, {}).ok()) << "without entity rows keys come from it";
}

}  // namespace
}  // namespace feast
