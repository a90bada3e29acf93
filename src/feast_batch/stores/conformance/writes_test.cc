// Rows that are added to a source, and saved datasets.
#include <arrow/table.h>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

constexpr char kTakesNoRows[] = "rows cannot be added to such sources";

std::vector<Named> StatsRow(const std::string& key, const std::string& time,
                            const std::string& value) {
  return {{"driver_id", kInt, {key}},
          {"event_timestamp", kUtc, {time}},
          {"created", kUtc, {time}},
          {"f", kFloat, {value}},
          {"n", kInt, {"0"}}};
}

}  // namespace

TEST_P(OfflineStoreConformance, WrittenRowsAreReadInTheSourcesTypes) {
  if (!quirks_->takes_rows()) GTEST_SKIP() << kTakesNoRows;
  const auto source = Stats();
  const Status written = Write(source, {{"f", arrow::float32(), {"5"}},
                                        {"driver_id", arrow::int32(), {"7"}},
                                        {"n", arrow::int8(), {kNull}},
                                        {"event_timestamp", kNaive, {"1"}},
                                        {"created", kNaive, {"1"}}});
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(AskF(View(source), Entities({"7", "1"}, {"2", "10"})), (Cells{"5", "1"}));
  PullPlan plan;
  plan.read = View(source).read;
  const auto all = Pull(plan);
  EXPECT_EQ(all->num_rows(), 5);
  EXPECT_TRUE(all->GetColumnByName("driver_id")->type()->Equals(*kInt));
}

TEST_P(OfflineStoreConformance, TheLaterWrittenRowWinsATie) {
  if (!quirks_->takes_rows()) GTEST_SKIP() << kTakesNoRows;
  if (!quirks_->later_rows_win_ties()) GTEST_SKIP() << "ties go to any row";
  const auto source = Stats();
  const auto view = View(source, {"driver_id"}, {"f"}, "");
  for (const std::string value : {"7", "5", "6"}) {
    ASSERT_TRUE(Write(source, StatsRow("1", "12", value)).ok());
    EXPECT_EQ(AskF(view, Entities({"1"}, {"13"})), (Cells{value}));
    PullPlan plan;
    plan.read = view.read;
    plan.latest_only = true;
    plan.start = kDay + 12 * kHour;
    EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{value}));
  }
}

TEST_P(OfflineStoreConformance, ConcurrentWritersLoseNothing) {
  if (!quirks_->takes_rows()) GTEST_SKIP() << kTakesNoRows;
  const auto source = Stats();
  auto other = quirks_->Open();
  ASSERT_TRUE(other.ok()) << other.status().ToString();
  std::atomic<int> failures = 0;
  const auto write = [&](OfflineStore& store, int first) {
    for (int i = first; i < 20; i += 2) {
      auto rows = StreamOf(MakeTable(StatsRow(std::to_string(100 + i), "1", "1")));
      if (!store.WriteRows(context_, source, std::move(rows)).ok()) ++failures;
    }
  };
  std::thread even([&] { write(*store_, 0); });
  std::thread odd([&] { write(**other, 1); });
  even.join();
  odd.join();
  EXPECT_EQ(failures, 0);
  PullPlan plan;
  plan.read = View(source).read;
  plan.latest_only = true;
  EXPECT_EQ(Pull(plan)->num_rows(), 2 + 20);
}

TEST_P(OfflineStoreConformance, RowsThatDoNotFitAreRefusedWhole) {
  if (!quirks_->takes_rows()) GTEST_SKIP() << kTakesNoRows;
  const auto source = Stats();
  auto rows = StatsRow("1", "1", "1");
  rows[4] = {"x", kInt, {"1"}};
  EXPECT_THAT(Write(source, rows).message(), AllOf(HasSubstr("missing_expected_columns: ['n']"),
                                                   HasSubstr("extra_unexpected_columns: ['x']")));
  rows[4] = {"n", kText, {"many"}};
  EXPECT_THAT(Write(source, rows).message(),
              AllOf(HasSubstr("column 'n'"), HasSubstr("string"), HasSubstr("int64")));
  rows[4] = {"n", kFloat, {"1.5"}};
  EXPECT_THAT(Write(source, rows).message(), HasSubstr("column 'n'"));
  rows[4] = {"n", kInt, {"1"}};
  rows[1] = {"event_timestamp", kText, {"soon"}};
  EXPECT_THAT(Write(source, rows).message(), HasSubstr("column 'event_timestamp'"));
  PullPlan plan;
  plan.read = View(source).read;
  EXPECT_EQ(Pull(plan)->num_rows(), 4) << "nothing was written";
  EXPECT_FALSE(Write(quirks_->MissingSource(), StatsRow("1", "1", "1")).ok());
}

TEST_P(OfflineStoreConformance, AStreamThatFailsWritesNothing) {
  if (!quirks_->takes_rows()) GTEST_SKIP() << kTakesNoRows;
  const auto source = Stats();
  const CallContext cancelled;
  cancelled.Cancel();
  const Status status =
      store_->WriteRows(cancelled, source, StreamOf(MakeTable(StatsRow("1", "1", "1"))));
  EXPECT_EQ(status.code(), StatusCode::kCancelled) << status.ToString();
  PullPlan plan;
  plan.read = View(source).read;
  EXPECT_EQ(Pull(plan)->num_rows(), 4);
}

TEST_P(OfflineStoreConformance, PersistsOnceUnlessToldToOverwrite) {
  const auto storage = quirks_->Storage("saved");
  const auto persist = [&](const char* value, bool overwrite) {
    return store_->Persist(context_, storage, overwrite,
                           StreamOf(MakeTable({{"x", kInt, {value}}})));
  };
  const Status first = persist("1", false);
  ASSERT_TRUE(first.ok()) << first.ToString();
  const Status second = persist("2", false);
  EXPECT_EQ(second.code(), StatusCode::kAlreadyExists);
  const Status third = persist("3", true);
  EXPECT_TRUE(third.ok()) << third.ToString();
}

}  // namespace feast::offline_conformance
