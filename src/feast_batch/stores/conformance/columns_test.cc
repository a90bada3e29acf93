// Names, order and types of columns; time zones.
#include <arrow/array.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

using Names = std::vector<std::string>;

TEST_P(OfflineStoreConformance, EntityColumnsComeFirstAndAreKept) {
  auto entities = Entities({"2", "1", kNull}, {"9", "10", "10"});
  entities.insert(entities.begin(), {"label", kText, {"é", "", kNull}});
  entities.push_back({"flag", arrow::boolean(), {"true", kNull, "false"}});
  entities.push_back({"big", kInt, {"1152921504606846977", "-1", kNull}});
  entities.push_back({"seen", kNaive, {"1", kNull, "3"}});
  const auto out = Ask({View(Stats(), {"driver_id"}, {"n", "f"})}, entities);
  EXPECT_EQ(out->schema()->field_names(),
            (Names{"label", "driver_id", "event_timestamp", "flag", "big", "seen", "n", "f"}));
  for (const auto& column : entities) {
    EXPECT_EQ(CellsOf(*out, column.name), column.cells) << column.name;
    if (column.name == "event_timestamp") continue;  // UTC, in a unit of the store's
    EXPECT_TRUE(out->GetColumnByName(column.name)->type()->Equals(*column.type)) << column.name;
  }
  EXPECT_EQ(CellsOf(*out, "n"), (Cells{"9", "10", kNull}));
  EXPECT_TRUE(out->GetColumnByName("n")->type()->Equals(*kInt)) << "also where one is missing";
}

TEST_P(OfflineStoreConformance, OutputNamesAreThePlans) {
  auto full = View(Stats(), {"driver_id"}, {"f", "n"});
  full.output_names = {"stats__f", "stats__n"};
  auto alias = full;
  alias.output_names = {"other__f", "other__n"};
  const auto out = Ask({full, alias}, Entities({"1"}, {"10"}));
  EXPECT_EQ(out->schema()->field_names(), (Names{"driver_id", "event_timestamp", "stats__f",
                                                 "stats__n", "other__f", "other__n"}));
  EXPECT_EQ(CellsOf(*out, "other__n"), (Cells{"10"}));
}

TEST_P(OfflineStoreConformance, AFeatureStepsAsideForAnEntityColumn) {
  auto entities = Entities({"1"}, {"10"});
  entities.push_back({"f", kText, {"mine"}});
  const auto out = Ask({View(Stats())}, entities);
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"mine"}));
  EXPECT_EQ(CellsOf(*out, "f__"), (Cells{"1"}));
}

// Field mappings are undone in the plan: the source's own names are read.
TEST_P(OfflineStoreConformance, SourceColumnsMayHaveOtherNames) {
  auto view = View(Source({{"drv", kInt, {"1"}},
                           {"at", kUtc, {"8"}},
                           {"recorded", kUtc, {"8"}},
                           {"raw f", kFloat, {"0.5"}}}),
                   {"drv"}, {"raw f"}, "recorded");
  view.read.timestamp_column = "at";
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  EXPECT_EQ(AskF(view, Entities({"1"}, {"10"})), (Cells{"0.5"}));
}

TEST_P(OfflineStoreConformance, JoinKeyMapsJoinOneSourceTwice) {
  auto origin = View(Stats()), target = View(Stats());
  origin.entity_columns = {"origin"};
  origin.output_names = {"o__f"};
  target.entity_columns = {"dest"};
  target.output_names = {"d__f"};
  const auto out = Ask({origin, target}, {{"origin", kInt, {"1", "2"}},
                                          {"dest", kInt, {"2", "1"}},
                                          {"event_timestamp", kUtc, {"10", "12"}}});
  EXPECT_EQ(CellsOf(*out, "o__f"), (Cells{"1", "0.9"}));  // V12
  EXPECT_EQ(CellsOf(*out, "d__f"), (Cells{"0.9", "1.2"}));
}

TEST_P(OfflineStoreConformance, KeysAndTimesCanBeFeatures) {
  auto view = View(Stats(), {"driver_id"}, {"driver_id", "event_timestamp", "created"});
  view.output_names = {"stats__driver_id", "stats__event_timestamp", "stats__created"};
  const auto out = Ask({view}, Entities({"1", "3"}, {"11", "11"}));
  EXPECT_EQ(CellsOf(*out, "stats__driver_id"), (Cells{"1", kNull}));
  EXPECT_EQ(CellsOf(*out, "stats__event_timestamp"), (Cells{"10", kNull}));
  EXPECT_EQ(CellsOf(*out, "stats__created"), (Cells{"10.1", kNull}));
}

TEST_P(OfflineStoreConformance, AViewMayHaveNoFeatures) {
  const auto out = Ask({View(Stats(), {"driver_id"}, {})}, Entities({"1"}, {"10"}));
  EXPECT_EQ(out->schema()->field_names(), (Names{"driver_id", "event_timestamp"}));
}

TEST_P(OfflineStoreConformance, KeysOfOtherWidthsMatch) {
  const auto stats = View(Stats());
  for (const auto& type : {arrow::int32(), arrow::float64(), arrow::uint8()}) {
    EXPECT_EQ(AskF(stats, {{"driver_id", type, {"1", "2", kNull}},
                           {"event_timestamp", kUtc, {"10", "9", "9"}}}),
              (Cells{"1", "0.9", kNull}))
        << type->ToString();
  }
  const auto texts = View(Source({{"driver_id", kText, {"a", "b"}},
                                  {"event_timestamp", kUtc, {"8", "9"}},
                                  {"created", kUtc, {"8", "9"}},
                                  {"f", kInt, {"1", "2"}}}));
  for (const auto& type : {arrow::large_utf8(), arrow::dictionary(arrow::int32(), kText)}) {
    EXPECT_EQ(
        AskF(texts, {{"driver_id", type, {"b", "c"}}, {"event_timestamp", kUtc, {"10", "10"}}}),
        (Cells{"2", kNull}))
        << type->ToString();
  }
}

TEST_P(OfflineStoreConformance, EntityTimesOfAnyZoneAreInstants) {
  const auto stats = View(Stats());
  for (const auto& type :
       {kNaive, arrow::timestamp(arrow::TimeUnit::MICRO, "America/New_York"),
        arrow::timestamp(arrow::TimeUnit::NANO, "Asia/Kolkata"),
        arrow::timestamp(arrow::TimeUnit::SECOND), arrow::timestamp(arrow::TimeUnit::MILLI)}) {
    const auto out = Ask({stats}, {{"driver_id", kInt, {"1", "1", "2"}},
                                   {"event_timestamp", type, {"9.5", "10", "14"}}});
    EXPECT_EQ(CellsOf(*out, "f"), (Cells{"0.8", "1", "0.9"})) << type->ToString();
    EXPECT_EQ(CellsOf(*out, "event_timestamp"), (Cells{"9.5", "10", "14"}));  // V10
    const auto& given = *out->GetColumnByName("event_timestamp")->type();
    EXPECT_EQ(static_cast<const arrow::TimestampType&>(given).timezone(), "UTC");
  }
}

TEST_P(OfflineStoreConformance, SourceTimesOfAnyZoneAreInstants) {
  for (const auto& type :
       {kNaive, arrow::timestamp(arrow::TimeUnit::MICRO, "America/New_York"),
        arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), arrow::timestamp(arrow::TimeUnit::MILLI)}) {
    auto view = View(Stats(type));
    view.ttl = 2 * kHour;
    EXPECT_EQ(AskF(view, Entities({"1", "1", "2", "2"}, {"9.9", "10", "11", "11.1"})),
              (Cells{"0.8", "1", "0.9", kNull}))
        << type->ToString();
  }
}

}  // namespace feast::offline_conformance
