// Iceberg tables: one that pyiceberg wrote, and metadata written here for what a table may ask of
// readers.
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "feast_batch/iceberg/avro_bytes.h"
#include "feast_batch/stores/conformance/parquet_quirks.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using avro_bytes::Block;
using avro_bytes::Header;
using avro_bytes::Long;
using avro_bytes::Text;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kLocation = "s3a://lake/wh/table";  // where its writers saw it

PullPlan PlanOf(const core::DataSource& source, std::vector<std::string> features = {"f"}) {
  PullPlan plan;
  plan.read = {source, "event_timestamp", "", {"driver_id"}, std::move(features)};
  return plan;
}

// ---------------------------------------------------------------- metadata

constexpr const char* kColumns =
    R"({"id":1,"name":"driver_id","required":false,"type":"long"},
       {"id":2,"name":"event_timestamp","required":false,"type":"timestamptz"},
       {"id":3,"name":"f","required":false,"type":"long"})";

struct Metadata {
  int version = 2;
  std::string columns = kColumns;
  std::string snapshot = R"("manifest-list":"s3a://lake/wh/table/metadata/list.avro")";
  std::string more;
  std::string id = "1";
  std::string location = kLocation;

  std::string Json() const {
    return R"({"format-version":)" + std::to_string(version) + R"(,"location":")" + location +
           R"(","current-schema-id":0,"schemas":[{"type":"struct","schema-id":0,"fields":[)" +
           columns + R"(]}],"partition-specs":[{"spec-id":0,"fields":[]}],"current-snapshot-id":)" +
           id + R"(,"snapshots":[{"snapshot-id":1,"timestamp-ms":1,)" + snapshot + "}]" + more +
           "}";
  }
};

// ---------------------------------------------------------------- manifests

// Times of cells are hours from the start of 2024 on.
Micros AtHour(Micros hour) { return (1704067200 + hour * 3600) * 1000 * 1000; }

constexpr std::string_view kList =
    R"({"type":"record","name":"manifest_file","fields":[{"name":"manifest_path","type":"string"},
        {"name":"manifest_length","type":"long"},{"name":"partition_spec_id","type":"int"},
        {"name":"sequence_number","type":"long"},{"name":"added_snapshot_id","type":"long"}]})";

constexpr std::string_view kManifest =
    R"({"type":"record","name":"manifest_entry","fields":[{"name":"status","type":"int"},
        {"name":"snapshot_id","type":["null","long"]},{"name":"sequence_number","type":["null","long"]},
        {"name":"data_file","type":{"type":"record","name":"r2","fields":[
        {"name":"content","type":"int"},{"name":"file_path","type":"string"},
        {"name":"file_format","type":"string"},
        {"name":"partition","type":{"type":"record","name":"r102","fields":[]}},
        {"name":"record_count","type":"long"},{"name":"file_size_in_bytes","type":"long"},
        {"name":"lower_bounds","type":["null",{"type":"array","items":{"type":"record","name":"k1",
         "fields":[{"name":"key","type":"int"},{"name":"value","type":"bytes"}]}}]},
        {"name":"upper_bounds","type":["null",{"type":"array","items":{"type":"record","name":"k2",
         "fields":[{"name":"key","type":"int"},{"name":"value","type":"bytes"}]}}]},
        {"name":"key_metadata","type":["null","bytes"]},
        {"name":"equality_ids","type":["null",{"type":"array","items":"int"}]}]}}]})";

struct Entry {
  std::string path;
  int status = 1;
  int content = 0;
  std::optional<int64_t> sequence = std::nullopt;
  std::string format = "PARQUET";
  std::vector<int> equality_ids = {};
  std::optional<Micros> hour = std::nullopt;  // of all its event times
  bool is_encrypted = false;

  std::string Bytes() const {
    const auto bound = [&]() -> std::string {
      if (!hour) return Long(0);
      const Micros micros = AtHour(*hour);
      const std::string_view bytes(reinterpret_cast<const char*>(&micros), sizeof(micros));
      return Long(1) + Long(1) + Long(2) + Text(bytes) + Long(0);
    };
    std::string out = Long(status) + Long(0) + (sequence ? Long(1) + Long(*sequence) : Long(0)) +
                      Long(content) + Text(std::string(kLocation) + "/data/" + path) +
                      Text(format) + Long(1) + Long(1) + bound() + bound() +
                      (is_encrypted ? Long(1) + Text("k") : Long(0));
    if (equality_ids.empty()) return out + Long(0);
    out += Long(1) + Long(static_cast<int64_t>(equality_ids.size()));
    for (const int id : equality_ids) out += Long(id);
    return out + Long(0);
  }
};

std::shared_ptr<arrow::Table> WithIds(const std::vector<Named>& columns, std::vector<int> ids) {
  const auto table = MakeTable(columns);
  auto fields = table->schema()->fields();
  for (size_t at = 0; at < fields.size(); ++at) {
    fields[at] = fields[at]->WithMetadata(
        arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(ids[at])}));
  }
  return arrow::Table::Make(arrow::schema(fields), table->columns());
}

class IcebergTest : public ::testing::Test {
 protected:
  fs::path At(const std::string& path) const { return place_.folder() / "table" / path; }
  void Save(const std::string& path, const std::vector<Named>& columns,
            std::vector<int> ids = {1, 2, 3}) const {
    SaveParquet(At("data/" + path), *WithIds(columns, std::move(ids)));
  }
  void SaveRows(const std::string& path, const Cells& keys, const Cells& times,
                const Cells& f) const {
    Save(path, {{"driver_id", kInt, keys}, {"event_timestamp", kUtc, times}, {"f", kInt, f}});
  }
  void Write(const std::string& name, const std::string& bytes) const {
    fs::create_directories(At("metadata"));
    std::ofstream(At("metadata") / name, std::ios::binary) << bytes;
  }
  // One manifest for each sequence number from 1 on.
  void WriteManifests(const std::vector<std::vector<Entry>>& manifests) const {
    std::string rows;
    for (size_t at = 0; at < manifests.size(); ++at) {
      const std::string name = "m" + std::to_string(at + 1) + ".avro";
      std::string entries;
      for (const auto& entry : manifests[at]) entries += entry.Bytes();
      const std::string bytes =
          Header(kManifest) + Block(static_cast<int64_t>(manifests[at].size()), entries);
      Write(name, bytes);
      rows += Text("s3://lake/wh/table/metadata/" + name) +
              Long(static_cast<int64_t>(bytes.size())) + Long(0) +
              Long(static_cast<int64_t>(at) + 1) + Long(1);
    }
    Write("list.avro", Header(kList) + Block(static_cast<int64_t>(manifests.size()), rows));
  }
  void WriteTable(const std::vector<std::vector<Entry>>& manifests, const Metadata& metadata = {}) {
    WriteManifests(manifests);
    Write("v1.metadata.json", metadata.Json());
  }
  Result<std::shared_ptr<arrow::Table>> Pull(const PullPlan& plan) {
    FEAST_ASSIGN_OR_RETURN(const auto store, place_.Open());
    return TableOf(store->Pull({}, plan));
  }
  Result<std::shared_ptr<arrow::Table>> Pull(const std::vector<std::string>& features = {"f"}) {
    return Pull(PlanOf(FileSourceAt("table"), features));
  }
  Status Error() { return Pull().status(); }
  Cells F() {
    const auto rows = Pull();
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    return rows.ok() ? CellsOf(**rows, "f") : Cells{"none"};
  }

  ParquetQuirks place_{"file"};
};

TEST_F(IcebergTest, ATableThatPyicebergWrote) {
  const auto source = FileSourceAt(FEAST_TEST_DATA "/iceberg_trips");
  for (const std::string type : {"file", "dask", "duckdb"}) {
    ParquetQuirks place(type);
    const auto store = place.Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    const auto read = TableOf(
        (*store)->Pull({}, PlanOf(source, {"f", "city", "price", "note", "score", "tags"})));
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    const auto& rows = **read;
    EXPECT_EQ(CellsOf(rows, "driver_id"), (Cells{"1", "3", "4"})) << "in the order of writing";
    EXPECT_EQ(CellsOf(rows, "f"), (Cells{"1", "3", "4"})) << "was called fare, and int";
    EXPECT_EQ(CellsOf(rows, "city"), (Cells{"New York", kNull, "Oslo"}));
    EXPECT_EQ(CellsOf(rows, "price"), (Cells{"1.25", "3.25", "4.25"}));
    EXPECT_EQ(CellsOf(rows, "note"), (Cells{kNull, kNull, "new"})) << "was added";
    EXPECT_EQ(rows.GetColumnByName("driver_id")->type()->ToString(), "int64");
    EXPECT_EQ(rows.GetColumnByName("price")->type()->ToString(), "decimal128(9, 2)");
    EXPECT_EQ(rows.GetColumnByName("tags")->length(), 3);
    const auto columns = (*store)->DescribeSource({}, source);
    ASSERT_TRUE(columns.ok()) << columns.status().ToString();
    EXPECT_EQ(columns->size(), 9u);
    EXPECT_THAT((*store)->WriteRows({}, source, StreamOf(MakeTable({}))).message(),
                AllOf(HasSubstr("'stats'"), HasSubstr("Iceberg")));
  }
}

TEST_F(IcebergTest, ColumnsAreFoundByTheirIds) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  Save("b.parquet",
       {{"f", arrow::int32(), {"2"}}, {"event_timestamp", kUtc, {"9"}}, {"note", kInt, {"7"}}},
       {1, 2, 9});
  Metadata metadata;
  metadata.columns += R"(,{"id":10,"name":"note","required":false,"type":"string"})";
  WriteTable({{{.path = "a.parquet"}, {.path = "b.parquet"}}}, metadata);
  const auto rows = Pull({"f", "note"});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "driver_id"), (Cells{"1", "2"})) << "of int32, under another name";
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"1", kNull}));
  EXPECT_EQ(CellsOf(**rows, "note"), (Cells{kNull, kNull})) << "a column of that name was dropped";
}

TEST_F(IcebergTest, FilesWithoutIdsNeedAMapping) {
  SaveParquet(
      At("data/a.parquet"),
      *MakeTable({{"key", kInt, {"1"}}, {"event_timestamp", kUtc, {"8"}}, {"f", kInt, {"5"}}}));
  WriteTable({{{.path = "a.parquet"}}});
  EXPECT_THAT(Error().message(), AllOf(HasSubstr("a.parquet"), HasSubstr("field ids")));
  Metadata metadata;
  metadata.more =
      R"(,"properties":{"schema.name-mapping.default":"[{\"field-id\":1,\"names\":[\"driver_id\",\"key\"]},{\"field-id\":2,\"names\":[\"event_timestamp\"]},{\"field-id\":3,\"names\":[\"f\"]}]"})";
  WriteTable({{{.path = "a.parquet"}}}, metadata);
  const auto rows = Pull();
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "driver_id"), (Cells{"1"}));
}

TEST_F(IcebergTest, DeletedRowsAreLeftOut) {
  SaveRows("a.parquet", {"1", "2", "3", "4", "5"}, {"8", "8", "8", "8", "8"},
           {"1", "2", "3", "4", "5"});
  SaveRows("b.parquet", {"1", "2", "3"}, {"9", "9", "9"}, {"6", "7", "8"});
  const std::string a = std::string(kLocation) + "/data/a.parquet";
  const std::string b = std::string(kLocation) + "/data/b.parquet";
  Save("places.parquet", {{"file_path", kText, {a, a, b}}, {"pos", kInt, {"4", "0", "1"}}},
       {2147483546, 2147483545});
  Save("keys.parquet", {{"driver_id", kInt, {"3", kNull}}}, {1});
  const Entry places{.path = "places.parquet", .content = 1};
  const Entry keys{.path = "keys.parquet", .content = 2, .equality_ids = {1}};
  WriteTable({{{.path = "a.parquet"}}, {{.path = "b.parquet"}}, {places}});
  EXPECT_EQ(F(), (Cells{"2", "3", "4", "6", "8"}));
  WriteTable({{{.path = "a.parquet"}}, {keys, {.path = "b.parquet"}}, {places}});
  EXPECT_EQ(F(), (Cells{"2", "4", "6", "8"})) << "keys are deleted of earlier files only";
  WriteTable({{{.path = "a.parquet"}}, {places}, {{.path = "b.parquet"}}});
  EXPECT_EQ(F(), (Cells{"2", "3", "4", "6", "7", "8"})) << "places, of files not younger";

  auto latest = PlanOf(FileSourceAt("table"));
  latest.latest_only = true;
  WriteTable({{{.path = "a.parquet"}}, {{.path = "b.parquet"}}, {places, keys}});
  EXPECT_EQ(CellsOf(**Pull(latest), "f"), (Cells{"2", "4", "6"})) << "rows are numbered";

  Save("places.parquet", {{"file_path", kText, {a}}, {"pos", kInt, {"5"}}},
       {2147483546, 2147483545});
  EXPECT_THAT(Error().message(), AllOf(HasSubstr("row 5"), HasSubstr("5 rows")));
  Save("all.parquet",
       {{"file_path", kText, {a, a, a, a, a}}, {"pos", kInt, {"0", "1", "2", "3", "4"}}},
       {2147483546, 2147483545});
  WriteTable({{{.path = "a.parquet"}}, {{.path = "all.parquet", .content = 1}}});
  EXPECT_EQ(F(), Cells{});
}

TEST_F(IcebergTest, FilesWithoutTheAskedTimesAreNotOpened) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  WriteTable({{{.path = "a.parquet", .hour = 8}, {.path = "missing.parquet", .hour = 20}}});
  auto plan = PlanOf(FileSourceAt("table"));
  EXPECT_THAT(Pull(plan).status().message(), AllOf(HasSubstr("'stats'"), HasSubstr("missing")));
  plan.start = AtHour(0);
  plan.end = AtHour(10);
  const auto rows = Pull(plan);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"1"}));
}

TEST_F(IcebergTest, FilesOfLaterCommitsComeLater) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  SaveRows("b.parquet", {"1"}, {"8"}, {"2"});
  SaveRows("c.parquet", {"1"}, {"8"}, {"3"});
  const Entry removed{.path = "removed.parquet", .status = 2, .sequence = 1};
  WriteTable({{{.path = "c.parquet", .status = 0, .sequence = 3}, removed},
              {{.path = "b.parquet", .status = 0, .sequence = 1}, {.path = "a.parquet"}}});
  EXPECT_EQ(F(), (Cells{"2", "1", "3"}));
}

TEST_F(IcebergTest, VersionOneAndTablesWithoutRows) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  Metadata metadata;
  metadata.version = 1;
  metadata.snapshot = R"("manifests":["s3://lake/wh/table/metadata/m1.avro"])";
  WriteTable({{{.path = "a.parquet"}}}, metadata);
  EXPECT_EQ(F(), (Cells{"1"}));
  for (const char* id : {"-1", "null"}) {
    metadata.id = id;
    Write("v1.metadata.json", metadata.Json());
    EXPECT_EQ(F(), Cells{});
  }
  metadata.id = "7";
  Write("v1.metadata.json", metadata.Json());
  EXPECT_THAT(Error().message(), HasSubstr("current-snapshot-id")) << "not an empty table";
  metadata.id = "9876543210123456789";
  Write("v1.metadata.json", metadata.Json());
  EXPECT_THAT(Error().message(), HasSubstr("current-snapshot-id"));
}

TEST_F(IcebergTest, TheNewestMetadataFileCounts) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  WriteTable({{{.path = "a.parquet"}}});
  Metadata empty;
  empty.id = "-1";
  const std::string rows = Metadata{}.Json();
  Write("v9.metadata.json", empty.Json());
  Write("v10.metadata.json", rows);
  EXPECT_EQ(F(), (Cells{"1"}));
  EXPECT_EQ((*Pull(PlanOf(FileSourceAt("table/metadata/v9.metadata.json"))))->num_rows(), 0);
  Write("version-hint.text", "8\n");
  EXPECT_THAT(Error().message(), AllOf(HasSubstr("version-hint.text"), HasSubstr("'8'")));
  Write("version-hint.text", "9");
  EXPECT_EQ(F(), (Cells{"1"})) << "a hint may be behind";
  Write("v11.metadata.json", empty.Json());
  EXPECT_EQ(F(), Cells{});
  fs::remove_all(At("metadata"));
  WriteManifests({{{.path = "a.parquet"}}});
  Write("00009-x.metadata.json", empty.Json());
  Write("00010-y.metadata.json", rows);
  EXPECT_EQ(F(), (Cells{"1"}));
  Write("00010-z.metadata.json", rows);
  EXPECT_THAT(Error().message(), AllOf(HasSubstr("00010-y"), HasSubstr("00010-z")));
}

TEST_F(IcebergTest, WhatIsNotReadIsRefusedByName) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  const auto column = [](const std::string& type, const std::string& more = "") {
    Metadata metadata;
    metadata.columns += R"(,{"id":7,"name":"odd","required":false,"type":)" + type + more + "}";
    return metadata;
  };
  Metadata third, elsewhere;
  third.version = 3;
  elsewhere.location = "s3://lake/wh/tab";
  const Entry a{.path = "a.parquet"};
  const std::tuple<Entry, Metadata, std::string> cases[] = {
      {a, third, "version 3"},
      {a, elsewhere, "files elsewhere"},
      {a, column(R"("variant")"), "'variant'"},
      {a, column(R"("long")", R"(,"initial-default":1)"), "'odd' has a default"},
      {{.path = "../../../a.parquet"}, {}, "files elsewhere"},
      {{.path = "a.orc", .format = "ORC"}, {}, "ORC files"},
      {{.path = "a.parquet", .is_encrypted = true}, {}, "encryption"},
      {{.path = "a.parquet", .content = 2, .equality_ids = {77}}, {}, "77"},
  };
  for (const auto& [entry, metadata, feature] : cases) {
    WriteTable({{a}, {entry}}, metadata);
    const Status status = Error();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr(feature)));
  }
}

TEST_F(IcebergTest, DamagedFilesAreNamed) {
  SaveRows("a.parquet", {"1"}, {"8"}, {"1"});
  WriteTable({{{.path = "a.parquet"}}});
  EXPECT_EQ(F(), (Cells{"1"}));
  for (const std::string name : {"v1.metadata.json", "list.avro", "m1.avro"}) {
    const auto path = At("metadata") / name;
    const auto size = fs::file_size(path);
    WriteTable({{{.path = "a.parquet"}}});
    for (const auto left : {size - 1, size / 2, decltype(size){0}}) {
      fs::resize_file(path, left);
      const Status status = Error();
      EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status.ToString();
      EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr(name)));
    }
    fs::remove(path);
    if (name == "v1.metadata.json") continue;  // a folder of Parquet then
    EXPECT_EQ(Error().kind(), ErrorKind::kFileNotFound);
    EXPECT_THAT(Error().message(), AllOf(HasSubstr("'stats'"), HasSubstr(name)));
  }
  WriteTable({{{.path = "a.parquet"}}});
  fs::resize_file(At("metadata/m1.avro"), Header(kManifest).size());
  EXPECT_THAT(Error().message(), HasSubstr("m1.avro")) << "cut off between blocks";
}

}  // namespace

namespace offline_conformance {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OfflineStoreConformance);
}  // namespace offline_conformance
}  // namespace feast
