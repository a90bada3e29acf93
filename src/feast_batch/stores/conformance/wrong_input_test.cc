// Errors name what is wrong: the source, the view, the column and its type.
#include <gmock/gmock.h>

#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_P(OfflineStoreConformance, MissingSourcesAreNamed) {
  const auto missing = quirks_->MissingSource();
  ASSERT_FALSE(missing.name().empty());
  const auto described = store_->DescribeSource(context_, missing).status();
  EXPECT_THAT(described.message(), HasSubstr(missing.name()));
  EXPECT_THAT(AskError(View(missing), Entities({"1"}, {"10"})).message(),
              HasSubstr(missing.name()));
  PullPlan plan;
  plan.read = View(missing).read;
  EXPECT_THAT(store_->Pull(context_, plan).status().message(), HasSubstr(missing.name()));
}

TEST_P(OfflineStoreConformance, MissingColumnsAreNamed) {
  const auto source = Stats();
  const auto entities = Entities({"1"}, {"10"});
  EXPECT_THAT(AskError(View(source, {"driver_id"}, {"nope"}), entities).message(),
              AllOf(HasSubstr("nope"), HasSubstr(source.name()), HasSubstr("driver_id")));
  EXPECT_THAT(AskError(View(source, {"driver_id"}, {"f"}, "nope"), entities).message(),
              HasSubstr("nope"));
  auto keyed = View(source, {"nope"});
  keyed.entity_columns = {"driver_id"};
  EXPECT_THAT(AskError(keyed, entities).message(), HasSubstr("nope"));
  auto timed = View(source);
  timed.read.timestamp_column = "nope";
  EXPECT_THAT(AskError(timed, entities).message(), HasSubstr("nope"));
  PullPlan plan;
  plan.read = timed.read;
  EXPECT_THAT(store_->Pull(context_, plan).status().message(), HasSubstr("nope"));
}

TEST_P(OfflineStoreConformance, TimesThatAreNoTimesAreNamed) {
  auto view = View(Stats());
  view.read.timestamp_column = "n";
  EXPECT_THAT(AskError(view, Entities({"1"}, {"10"})).message(),
              AllOf(HasSubstr("'n'"), HasSubstr("int64"), HasSubstr("not a timestamp")));
  PullPlan plan;
  plan.read = view.read;
  EXPECT_THAT(store_->Pull(context_, plan).status().message(), HasSubstr("not a timestamp"));
  const auto entities =
      AskError(View(Stats()), {{"driver_id", kInt, {"1"}}, {"event_timestamp", kFloat, {"1.5"}}});
  EXPECT_THAT(entities.message(), AllOf(HasSubstr("event_timestamp"), HasSubstr("double")));
}

TEST_P(OfflineStoreConformance, MissingEntityColumnsAreNamed) {
  EXPECT_THAT(AskError(View(Stats()), {{"event_timestamp", kUtc, {"10"}}}).message(),
              AllOf(HasSubstr("driver_id"), HasSubstr("stats")));
  EXPECT_THAT(AskError(View(Stats()), {{"driver_id", kInt, {"1"}}}).message(),
              HasSubstr("event_timestamp"));
}

TEST_P(OfflineStoreConformance, KeysOfAnotherKindAreNamed) {
  const auto status =
      AskError(View(Stats()), {{"driver_id", kText, {"1"}}, {"event_timestamp", kUtc, {"10"}}});
  EXPECT_THAT(status.message(), AllOf(HasSubstr("driver_id"), HasSubstr("stats")));
}

TEST_P(OfflineStoreConformance, ACancelledCallEnds) {
  const CallContext cancelled;
  cancelled.Cancel();
  HistoricalPlan plan;
  plan.views = {View(Stats())};
  plan.entity_timestamp = "event_timestamp";
  const auto table =
      TableOf(store_->GetHistorical(cancelled, plan, StreamOf(MakeTable(Entities({"1"}, {"10"})))));
  EXPECT_EQ(table.status().code(), StatusCode::kCancelled) << table.status().ToString();
}

}  // namespace feast::offline_conformance
