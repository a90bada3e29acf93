// The as-of rule and the vectors of storage.md §5.7.
#include <arrow/table.h>

#include <random>

#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

TEST_P(OfflineStoreConformance, BoundariesAndUnknownKeys) {
  const auto stats = View(Stats());
  EXPECT_EQ(AskF(stats, Entities({"1", "1", "2"}, {"10", "11", "9"})),
            (Cells{"1", "1", "0.9"}));                                                // V1
  EXPECT_EQ(AskF(stats, Entities({"3", "1"}, {"10", "10"})), (Cells{kNull, "1"}));    // V3
  EXPECT_EQ(AskF(stats, Entities({"1", "2"}, {"7", "9"})), (Cells{kNull, "0.9"}));    // V4
  EXPECT_EQ(AskF(stats, Entities({"1", kNull}, {"10", "10"})), (Cells{"1", kNull}));  // V8
  EXPECT_EQ(AskF(stats, Entities({"1", "1"}, {kNull, "10"})), (Cells{kNull, "1"}));
  EXPECT_EQ(AskF(stats, Entities({}, {})), (Cells{}));
}

TEST_P(OfflineStoreConformance, ExplainsWithoutJoining) {
  HistoricalPlan plan;
  plan.views = {View(Stats())};
  plan.entity_timestamp = "event_timestamp";
  const auto found = store_->Explain(context_, plan, {3, kDay, kDay + kHour});
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->store, store_->type());
  EXPECT_EQ(found->entities.rows, 3);
  ASSERT_EQ(found->views.size(), 1u);
  EXPECT_EQ(found->views[0].view, plan.views[0].view);
  EXPECT_EQ(found->views[0].join_keys, std::vector<std::string>{"driver_id"});
  EXPECT_EQ(found->views[0].feature_columns, std::vector<std::string>{"f"});
  EXPECT_NE(found->views[0].source, "");
}

TEST_P(OfflineStoreConformance, TtlIsInclusiveAndExact) {
  auto stats = View(Stats());
  stats.ttl = kHour;
  EXPECT_EQ(AskF(stats, Entities({"1", "1", "1", "1"}, {"9", "9.1", "11", "11.1"})),
            (Cells{"0.8", kNull, "1", kNull}));  // V2
  EXPECT_EQ(AskF(stats, Entities({"1"}, {"9.0000000003"})), (Cells{kNull})) << "1 microsecond late";
}

TEST_P(OfflineStoreConformance, EqualEntityRowsAreKept) {
  auto entities = Entities({"1", "1", "2"}, {"10", "10", "9"});
  entities.push_back({"label", kText, {"a", "b", "c"}});
  const auto out = Ask({View(Stats())}, entities);  // V5
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1", "1", "0.9"}));
  EXPECT_EQ(CellsOf(*out, "label"), (Cells{"a", "b", "c"}));
}

TEST_P(OfflineStoreConformance, CreatedTimeBreaksTies) {
  const auto source = Source({{"driver_id", kInt, {"1", "1", "1"}},
                              {"event_timestamp", kUtc, {"8", "8", "8"}},
                              {"created", kUtc, {"8.1", "8.5", "8.3"}},
                              {"f", kInt, {"1", "5", "3"}}});
  const auto view = View(source);
  EXPECT_EQ(AskF(view, Entities({"1"}, {"10"})), (Cells{"5"}));                          // V6
  EXPECT_EQ(AskF(view, Entities({"1", "1"}, {"8.4", "8"}), true), (Cells{"3", kNull}));  // V6c
  const auto blind = AskF(View(source, {"driver_id"}, {"f"}, ""), Entities({"1"}, {"10"}));
  ASSERT_EQ(blind.size(), 1u);  // V6b
  EXPECT_TRUE(blind[0].has_value());
  if (quirks_->later_rows_win_ties()) {
    EXPECT_EQ(blind, Cells{"3"});
  }
}

TEST_P(OfflineStoreConformance, NullCreatedTimeIsTheEarliest) {
  const auto source = Source({{"driver_id", kInt, {"1", "1", "2"}},
                              {"event_timestamp", kUtc, {"8", "8", "8"}},
                              {"created", kUtc, {"8.1", kNull, kNull}},
                              {"f", kInt, {"1", "2", "3"}}});
  const auto entities = Entities({"1", "2"}, {"10", "10"});
  EXPECT_EQ(AskF(View(source), entities), (Cells{"1", "3"}));  // V6d
  EXPECT_EQ(AskF(View(source), entities, true), (Cells{"1", kNull}));
}

TEST_P(OfflineStoreConformance, ViewsWithDifferentEntitiesAreIndependent) {
  auto customers = View(Source({{"customer_id", kText, {"x", "y"}},
                                {"event_timestamp", kUtc, {"5", "5"}},
                                {"created", kUtc, {"5", "5"}},
                                {"age", kInt, {"10", "20"}}},
                               "customers"),
                        {"customer_id"}, {"age"});
  std::vector<Named> entities = {{"driver_id", kInt, {"1", "1", "1"}},
                                 {"customer_id", kText, {"x", "y", kNull}},
                                 {"event_timestamp", kUtc, {"10", "10", "10"}}};
  for (const auto& views : {std::vector{View(Stats()), customers}, {customers, View(Stats())}}) {
    const auto out = Ask(views, entities);  // V7, V8c
    EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1", "1", "1"}));
    EXPECT_EQ(CellsOf(*out, "age"), (Cells{"10", "20", kNull}));
  }
}

TEST_P(OfflineStoreConformance, EachViewHasItsOwnTtl) {
  auto hours = View(Source({{"driver_id", kInt, {"1", "2"}},
                            {"event_timestamp", kUtc, {"6", "7"}},
                            {"created", kUtc, {"6", "7"}},
                            {"h", kInt, {"100", "200"}}},
                           "hours"),
                    {"driver_id"}, {"h"});
  hours.ttl = 4 * kHour;
  const auto out = Ask({View(Stats()), hours}, Entities({"1", "2"}, {"20", "10"}));  // V17
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1.2", "0.9"}));
  EXPECT_EQ(CellsOf(*out, "h"), (Cells{kNull, "200"}));
}

TEST_P(OfflineStoreConformance, NullKeysMatchNothing) {
  const auto source = Source({{"driver_id", kInt, {kNull, "1"}},
                              {"event_timestamp", kUtc, {"9", "9"}},
                              {"created", kUtc, {"9", "9"}},
                              {"f", kInt, {"99", "1"}}});
  EXPECT_EQ(AskF(View(source), Entities({"1", kNull}, {"10", "10"})), (Cells{"1", kNull}));
}

TEST_P(OfflineStoreConformance, ViewsWithoutEntitiesMatchOnTime) {
  const auto source = Source({{"event_timestamp", kUtc, {"1", "6"}},
                              {"created", kUtc, {"1", "6"}},
                              {"f", kInt, {"1", "6"}}});
  EXPECT_EQ(AskF(View(source, {}), Entities({"1", "2", "3"}, {"10", "5", "0"})),
            (Cells{"6", "1", kNull}));  // V9
}

TEST_P(OfflineStoreConformance, TheLatestRowIsUsedWhole) {
  const auto source = Source({{"driver_id", kInt, {"1", "1"}},
                              {"event_timestamp", kUtc, {"8", "9"}},
                              {"created", kUtc, {"8", "9"}},
                              {"f", kFloat, {"1", kNull}}});
  EXPECT_EQ(AskF(View(source), Entities({"1"}, {"13"})), (Cells{kNull}));  // V13
}

TEST_P(OfflineStoreConformance, CompositeKeysDoNotCollide) {
  const auto source = Source({{"a", kText, {"1", "12"}},
                              {"b", kText, {"23", "3"}},
                              {"event_timestamp", kUtc, {"8", "9"}},
                              {"created", kUtc, {"8", "9"}},
                              {"f", kInt, {"123", "999"}}});
  EXPECT_EQ(AskF(View(source, {"a", "b"}), {{"a", kText, {"1", "12", "1"}},
                                            {"b", kText, {"23", "3", "3"}},
                                            {"event_timestamp", kUtc, {"10", "10", "10"}}}),
            (Cells{"123", "999", kNull}));  // V18
}

TEST_P(OfflineStoreConformance, AnEmptySourceGivesNulls) {
  const auto source = Source({{"driver_id", kInt, {}},
                              {"event_timestamp", kUtc, {}},
                              {"created", kUtc, {}},
                              {"f", kInt, {}}});
  EXPECT_EQ(AskF(View(source), Entities({"1", "2"}, {"10", "10"})), (Cells{kNull, kNull}));
}

// Against the rule spelled out row by row.
TEST_P(OfflineStoreConformance, RandomRowsAgreeWithTheRule) {
  std::mt19937 random(7);
  const auto pick = [&](int below) { return static_cast<int>(random() % below); };
  struct Row {
    int key, time, created;
  };
  std::vector<Row> rows;
  Cells keys, times, created, values;
  for (int i = 0; i < 400; ++i) {
    rows.push_back({pick(12), pick(40), pick(4)});
    // No two rows of a key have both times equal: the rule leaves such ties to the store.
    rows.back().created = rows.back().created * 400 + i;
    keys.push_back(std::to_string(rows[i].key));
    times.push_back(std::to_string(rows[i].time));
    created.push_back(std::to_string(rows[i].created));
    values.push_back(std::to_string(i));
  }
  auto view = View(Source({{"driver_id", kInt, keys},
                           {"event_timestamp", kUtc, times},
                           {"created", kUtc, created},
                           {"f", kInt, values}}));
  view.ttl = 6 * kHour;
  Cells asked_keys, asked_times, expected;
  for (int i = 0; i < 300; ++i) {
    const int key = pick(14), time = pick(45);
    asked_keys.push_back(std::to_string(key));
    asked_times.push_back(std::to_string(time));
    const Row* best = nullptr;
    for (const Row& row : rows) {
      if (row.key != key || row.time > time || row.time < time - 6) continue;
      if (!best || std::pair(row.time, row.created) > std::pair(best->time, best->created)) {
        best = &row;
      }
    }
    expected.push_back(best ? std::optional(std::to_string(best - rows.data())) : kNull);
  }
  EXPECT_EQ(AskF(view, Entities(asked_keys, asked_times)), expected);
}

}  // namespace feast::offline_conformance
