// Pulls for materialization, retrieval without entity rows, and what inference sees.
#include <arrow/table.h>
#include <gmock/gmock.h>

#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

TEST_P(OfflineStoreConformance, PullsTheRowsOfARange) {
  PullPlan plan;
  plan.read = View(Stats(), {"driver_id"}, {"n"}).read;
  const auto hours = [&](std::optional<Micros> start, std::optional<Micros> end) {
    plan.start = start;
    plan.end = end;
    auto cells = CellsOf(*Pull(plan), "n");
    std::sort(cells.begin(), cells.end());
    return cells;
  };
  EXPECT_EQ(hours(kDay + 8 * kHour, kDay + 10 * kHour), (Cells{"10", "8", "9"})) << "inclusive";
  EXPECT_EQ(hours(kDay + 8 * kHour + 1, kDay + 10 * kHour - 1), (Cells{"9"}));
  EXPECT_EQ(hours(std::nullopt, kDay + 9 * kHour), (Cells{"8", "9"}));
  EXPECT_EQ(hours(kDay + 10 * kHour, std::nullopt), (Cells{"10", "12"}));
  EXPECT_EQ(hours(std::nullopt, std::nullopt), (Cells{"10", "12", "8", "9"}));
  EXPECT_EQ(hours(kDay, kDay + kHour), (Cells{}));
  EXPECT_EQ(Pull(plan)->schema()->field_names(),
            (std::vector<std::string>{"driver_id", "n", "event_timestamp", "created"}));
}

TEST_P(OfflineStoreConformance, PullsTheLatestRowOfEachKey) {
  PullPlan plan;
  plan.read = View(Source({{"driver_id", kInt, {"1", "1", "1", "2", "1"}},
                           {"event_timestamp", kUtc, {"8", "9", "9", "7", "11"}},
                           {"created", kUtc, {"8", "9.2", "9.1", kNull, "11"}},
                           {"f", kInt, {"1", "2", "3", "4", "5"}}}))
                  .read;
  plan.latest_only = true;
  plan.end = kDay + 10 * kHour;
  EXPECT_THAT(CellsOf(*Pull(plan), "f"), testing::UnorderedElementsAre("2", "4"));
  plan.start = kDay + 8 * kHour;
  EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{"2"}));
  plan.read.join_keys.clear();
  EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{"2"})) << "no keys: the newest of all";
}

TEST_P(OfflineStoreConformance, RowsWithoutATimeAreInNoRange) {
  PullPlan plan;
  plan.read = View(Source({{"driver_id", kInt, {"1", "2"}},
                           {"event_timestamp", kUtc, {"8", kNull}},
                           {"created", kUtc, {"8", "8"}},
                           {"f", kInt, {"1", "2"}}}))
                  .read;
  plan.start = kDay;
  EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{"1"}));
  EXPECT_EQ(AskF(View(plan.read.source), Entities({"1", "2"}, {"10", "10"})), (Cells{"1", kNull}));
}

TEST_P(OfflineStoreConformance, RangesWithoutEntityRows) {
  if (!quirks_->range_is_snapshot()) GTEST_SKIP() << "the store gives all rows of the range";
  auto hours = View(Source({{"driver_id", kInt, {"1", "2", "3"}},
                            {"event_timestamp", kUtc, {"6", "7", "11.5"}},
                            {"created", kUtc, {"6", "7", "11.5"}},
                            {"h", kInt, {"100", "200", "300"}}},
                           "hours"),
                    {"driver_id"}, {"h"});
  HistoricalPlan plan;
  plan.views = {View(Stats()), hours};
  plan.start = kDay;
  plan.end = kDay + 11 * kHour;
  const auto snapshot = TableOf(store_->GetHistorical(context_, plan, OwnedStream()));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
  EXPECT_EQ((*snapshot)->schema()->field_names(),
            (std::vector<std::string>{"event_timestamp", "driver_id", "f", "h"}));
  EXPECT_EQ(CellsOf(**snapshot, "driver_id"), (Cells{"1", "2"}));  // V14, V15
  EXPECT_EQ(CellsOf(**snapshot, "event_timestamp"), (Cells{"11", "11"}));
  EXPECT_EQ(CellsOf(**snapshot, "f"), (Cells{"1", "0.9"}));
  EXPECT_EQ(CellsOf(**snapshot, "h"), (Cells{"100", "200"}));
  plan.views[1].ttl = 4 * kHour;
  EXPECT_EQ(CellsOf(**TableOf(store_->GetHistorical(context_, plan, OwnedStream())), "h"),
            (Cells{kNull, "200"}));
}

TEST_P(OfflineStoreConformance, DescribesColumns) {
  const auto columns = store_->DescribeSource(context_, Stats());
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  ASSERT_EQ(columns->size(), 5u);
  EXPECT_EQ(columns->at(0).name, "driver_id");
  EXPECT_EQ(columns->at(0).type, ValueType::kInt64);
  EXPECT_TRUE(columns->at(1).is_timestamp);
  EXPECT_EQ(columns->at(3).type, ValueType::kDouble);
}

}  // namespace feast::offline_conformance
