// Delta tables: one that deltalake wrote, and logs written here for what a table may ask of
// readers.
#include <arrow/table.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "feast_batch/stores/conformance/parquet_quirks.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

core::DataSource DeltaAt(const std::string& uri) {
  auto source = FileSourceAt(uri);
  auto* format = source.mutable_file_options()->mutable_file_format();
  const auto* field = format->GetDescriptor()->FindFieldByName("delta_format");
  format->GetReflection()->MutableMessage(format, field);  // its accessors warn
  return source;
}

PullPlan PlanOf(const core::DataSource& source, std::vector<std::string> features = {"f"}) {
  PullPlan plan;
  plan.read = {source, "event_timestamp", "", {"driver_id"}, std::move(features)};
  return plan;
}

std::vector<Named> Row(const std::string& key, const std::string& time, const std::string& f) {
  return {{"driver_id", kInt, {key}}, {"event_timestamp", kUtc, {time}}, {"f", kInt, {f}}};
}

// Lines of a log.
std::string Column(const std::string& name, const std::string& type) {
  return R"({\"name\":\")" + name + R"(\",\"type\":\")" + type +
         R"(\",\"nullable\":true,\"metadata\":{}})";
}
std::string Metadata(const std::string& more_columns = "", const std::string& partitions = "",
                     const std::string& configuration = "") {
  return R"({"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[)" +
         Column("driver_id", "long") + "," + Column("event_timestamp", "timestamp") + "," +
         Column("f", "long") + more_columns + R"(]}","partitionColumns":[)" + partitions +
         R"(],"configuration":{)" + configuration + "}}}\n";
}
std::string Protocol(const std::string& version = "1", const std::string& features = "") {
  return R"({"protocol":{"minReaderVersion":)" + version + R"(,"minWriterVersion":2)" +
         (features.empty() ? "" : R"(,"readerFeatures":[)" + features + "]") + "}}\n";
}
std::string Add(const std::string& path, const std::string& more = R"("partitionValues":{})",
                int time = 0) {
  return R"({"add":{"path":")" + path + R"(","size":1,"modificationTime":)" + std::to_string(time) +
         R"(,"dataChange":true,)" + more + "}}\n";
}

class DeltaTest : public ::testing::Test {
 protected:
  // Files of the table `table`; their sizes are looked up, as the log's may be wrong.
  void Save(const std::string& path, const std::vector<Named>& rows) const {
    SaveParquet(place_.folder() / "table" / path, *MakeTable(rows));
  }
  void Commit(int version, const std::string& text) const {
    std::string name = std::to_string(version);
    name.insert(0, 20 - name.size(), '0');
    const auto folder = place_.folder() / "table/_delta_log";
    fs::create_directories(folder);
    std::ofstream(folder / (name + ".json")) << text;
  }
  Result<std::shared_ptr<arrow::Table>> Pull(const PullPlan& plan) {
    FEAST_ASSIGN_OR_RETURN(const auto store, place_.Open());
    return TableOf(store->Pull({}, plan));
  }
  Status Error() { return Pull(PlanOf(DeltaAt("table"))).status(); }

  ParquetQuirks place_{"file"};
};

TEST_F(DeltaTest, ATableThatDeltalakeWrote) {
  const auto source = DeltaAt(FEAST_TEST_DATA "/delta_trips");
  for (const std::string type : {"file", "duckdb"}) {
    ParquetQuirks place(type);
    const auto store = place.Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    const auto read =
        TableOf((*store)->Pull({}, PlanOf(source, {"f", "city", "day", "note", "price", "tags"})));
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    const auto& rows = **read;
    EXPECT_EQ(CellsOf(rows, "driver_id"), (Cells{"1", "3", "4"})) << "in the order of writing";
    EXPECT_EQ(CellsOf(rows, "event_timestamp"), (Cells{"2912", "2914", "2934"}));
    EXPECT_EQ(CellsOf(rows, "f"), (Cells{"1", "3", "4"}));
    EXPECT_EQ(CellsOf(rows, "city"), (Cells{"New York", kNull, "Oslo"}));
    EXPECT_EQ(CellsOf(rows, "day"), (Cells{"2024-05-01", "2024-05-01", "2024-05-02"}));
    EXPECT_EQ(CellsOf(rows, "note"), (Cells{kNull, kNull, "new"}));
    EXPECT_EQ(CellsOf(rows, "price"), (Cells{"1.25", "1.25", "1.25"}));
    EXPECT_EQ(rows.GetColumnByName("day")->type()->ToString(), "date32[day]");
    EXPECT_EQ(rows.GetColumnByName("tags")->length(), 3);
    const auto columns = (*store)->DescribeSource({}, source);
    ASSERT_TRUE(columns.ok()) << columns.status().ToString();
    EXPECT_EQ(columns->size(), 8u);
    EXPECT_THAT((*store)->WriteRows({}, source, StreamOf(MakeTable({}))).message(),
                AllOf(HasSubstr("'stats'"), HasSubstr("Parquet")));
  }
}

TEST_F(DeltaTest, CommitsAddAndRemove) {
  Save("a.parquet", Row("1", "8", "1"));
  Save("b c.parquet", Row("1", "8", "2"));
  Save("c.parquet", Row("2", "8", "3"));
  Save("never.parquet", Row("9", "8", "9"));
  Commit(0, Protocol() + Metadata() + Add("a.parquet", R"("partitionValues":{})", 5) +
                Add("c.parquet"));
  Commit(1, R"({"remove":{"path":"c.parquet"}})"
            "\n" +
                Add("b%20c.parquet", R"("partitionValues":{})", 4));
  std::ofstream(place_.folder() /
                "table/_delta_log/00000000000000000001.checkpoint."
                "0000000001.0000000002.parquet")
      << "half a checkpoint";
  auto plan = PlanOf(DeltaAt("table"));
  const auto rows = Pull(plan);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"2", "1"}));
  plan.latest_only = true;
  EXPECT_EQ(CellsOf(**Pull(plan), "f"), (Cells{"1"})) << "the file written last wins the tie";
  Commit(2, R"({"remove":{"path":"a.parquet"}})"
            "\n"
            R"({"remove":{"path":"b%20c.parquet"}})");
  const auto none = Pull(PlanOf(DeltaAt("table")));
  ASSERT_TRUE(none.ok()) << none.status().ToString();
  EXPECT_EQ((*none)->num_rows(), 0);
}

TEST_F(DeltaTest, PartitionsAndOlderFilesHaveTheTablesTypes) {
  Save("a.parquet", {{"driver_id", arrow::int32(), {"1"}}, {"event_timestamp", kUtc, {"8"}}});
  Save("b.parquet", Row("2", "9", "2"));
  const std::string columns = "," + Column("hour", "timestamp") + "," + Column("n", "integer");
  Commit(0, Protocol("3", R"("timestampNtz","typeWidening")") + Metadata(columns, R"("hour","n")") +
                Add("a.parquet", R"("partitionValues":{"hour":"2024-05-01 03:00:00","n":"7"})") +
                Add("b.parquet", R"("partitionValues":{"hour":"2024-05-01T04:00:00Z","n":""})"));
  const auto rows = Pull(PlanOf(DeltaAt("table"), {"f", "hour", "n"}));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{kNull, "2"}));
  EXPECT_EQ((*rows)->GetColumnByName("driver_id")->type()->ToString(), "int64");
  EXPECT_EQ((*rows)->GetColumnByName("hour")->type()->ToString(), "timestamp[us, tz=UTC]");
  EXPECT_EQ(CellsOf(**rows, "n"), (Cells{"7", kNull}));
}

TEST_F(DeltaTest, WhatIsNotReadIsRefusedByName) {
  Save("a.parquet", Row("1", "8", "1"));
  const std::string vector =
      R"("partitionValues":{},"deletionVector":{"storageType":"u","pathOrInlineDv":"x"})";
  const std::pair<std::string, std::string> cases[] = {
      {Protocol("3", R"("deletionVectors")") + Metadata() + Add("a.parquet", vector),
       "deletionVectors (file a.parquet)"},
      {Protocol("2") + Metadata("", "", R"("delta.columnMapping.mode":"name")") + Add("a.parquet"),
       "columnMapping (mode name)"},
      {Protocol("3", R"("v2Checkpoint")") + Metadata() + Add("a.parquet"), "v2Checkpoint"},
      {Protocol("4") + Metadata() + Add("a.parquet"), "reader version 4"},
      {Protocol() + Metadata() + Add("s3://other/a.parquet"), "files elsewhere"},
      {Protocol() + Metadata("," + Column("v", "variant")) + Add("a.parquet"), "'variant'"},
  };
  for (const auto& [commit, feature] : cases) {
    Commit(0, commit);
    const Status status = Error();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr(feature)));
  }
  Commit(0, Protocol("3", R"("deletionVectors")") + Metadata() + Add("a.parquet"));
  EXPECT_TRUE(Error().ok()) << "no file has one: " << Error().ToString();
}

TEST_F(DeltaTest, DamagedLogsAreNamed) {
  EXPECT_EQ(Error().kind(), ErrorKind::kFileNotFound);
  Save("a.parquet", Row("1", "8", "1"));
  EXPECT_EQ(Error().kind(), ErrorKind::kFileNotFound) << "Parquet, but no table";
  const std::string start = Protocol() + Metadata() + Add("a.parquet");
  Commit(0, start + "{\"add\":");
  EXPECT_THAT(Error().message(),
              AllOf(HasSubstr("'stats'"), HasSubstr("000.json"), HasSubstr("line 4")));
  Commit(0, start);
  Commit(2, Add("b.parquet"));
  EXPECT_THAT(Error().message(), HasSubstr("lacks version 1"));
  Commit(1, Add("gone.parquet"));
  EXPECT_THAT(Error().message(), AllOf(HasSubstr("'stats'"), HasSubstr(".parquet")));
}

}  // namespace

namespace offline_conformance {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OfflineStoreConformance);
}  // namespace offline_conformance
}  // namespace feast
