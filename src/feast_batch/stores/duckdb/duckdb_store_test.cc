// The conformance kit over both readers of Parquet, then what is this store's own: the formats that
// DuckDB reads, SQL as entity rows, settings and limits.
#include <arrow/array.h>
#include <arrow/table.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <tuple>

#include "feast/offline/batch_module.h"
#include "feast_batch/stores/conformance/parquet_quirks.h"
#include "feast_batch/stores/conformance/random_cases.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// native: {duckdb: {KEY: VALUE …}}
Setting Native(const std::vector<std::pair<std::string, Setting>>& options) {
  std::vector<Setting::Entry> entries;
  entries.reserve(options.size());
  for (const auto& [key, value] : options) entries.push_back({key, value});
  return Setting::Map({{"duckdb", Setting::Map(std::move(entries))}});
}

class DuckDbQuirks : public ParquetQuirks {
 public:
  explicit DuckDbQuirks(std::string extension = ".parquet", Setting native = {})
      : ParquetQuirks("duckdb", std::move(extension), std::move(native)) {}
};

const Setting kThroughDuckDb = Native({{"parquet_reader", Setting::Scalar("duckdb")}});

class ScanQuirks : public DuckDbQuirks {
 public:
  ScanQuirks() : DuckDbQuirks(".parquet", kThroughDuckDb) {}
};

class ScanFolderQuirks : public DuckDbQuirks {
 public:
  ScanFolderQuirks() : DuckDbQuirks("", kThroughDuckDb) {}
};

class DuckDbStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Open({}); }
  void Open(Setting native) {
    place_ = std::make_unique<DuckDbQuirks>(".parquet", std::move(native));
    auto store = place_->Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  fs::path At(const std::string& path) const { return place_->folder() / path; }
  void Write(const std::string& path, const std::string& text) const {
    fs::create_directories(At(path).parent_path());
    std::ofstream(At(path)) << text;
  }
  static HistoricalView ViewOf(const std::string& uri, std::vector<std::string> features = {"f"}) {
    HistoricalView view;
    view.read = {FileSourceAt(uri), "event_timestamp", "", {"driver_id"}, features};
    view.entity_columns = {"driver_id"};
    view.output_names = std::move(features);
    view.view = "stats";
    return view;
  }
  std::shared_ptr<arrow::Table> Pull(const PullPlan& plan) {
    auto table = TableOf(store_->Pull({}, plan));
    EXPECT_TRUE(table.ok()) << table.status().ToString();
    return table.ok() ? *table : MakeTable({});
  }
  std::shared_ptr<arrow::Table> PullAll(const std::string& uri,
                                        std::vector<std::string> features = {"f"}) {
    PullPlan plan;
    plan.read = ViewOf(uri, std::move(features)).read;
    return Pull(plan);
  }
  Status PullError(const core::DataSource& source) {
    PullPlan plan;
    plan.read = ViewOf("").read;
    plan.read.source = source;
    return TableOf(store_->Pull({}, plan)).status();
  }
  Result<std::shared_ptr<arrow::Table>> Ask(const HistoricalView& view,
                                            const std::vector<Named>& entities) {
    HistoricalPlan plan;
    plan.views = {view};
    plan.entity_timestamp = "event_timestamp";
    return TableOf(store_->GetHistorical({}, plan, StreamOf(MakeTable(entities))));
  }
  Result<std::shared_ptr<arrow::Table>> Sql(const std::string& sql,
                                            const std::vector<core::DataSource>& sources = {}) {
    return TableOf(store_->QueryEntityRows({}, sql, sources));
  }
  std::string SqlError(const std::string& sql, const std::vector<core::DataSource>& sources = {}) {
    return Sql(sql, sources).status().message();
  }

  std::unique_ptr<DuckDbQuirks> place_;
  std::unique_ptr<OfflineStore> store_;
};

const char kStats[] =
    "driver_id,event_timestamp,f,note\n"
    "1,2024-01-01 08:00:00,0.8,\"a, \"\"quoted\"\"\"\n"
    "1,2024-01-01T10:00:00.000001,1,\n"
    "2,2024-01-01 09:00:00,0.9,é\n"
    ",2024-01-01 09:00:00,99,x\n";

// ---------------------------------------------------------------- formats

TEST_F(DuckDbStoreTest, CsvFiles) {
  Write("stats.csv", kStats);
  const auto out =
      Ask(ViewOf("stats.csv", {"f", "note"}), {{"driver_id", kInt, {"1", "1", "2", kNull}},
                                               {"event_timestamp", kUtc, {"10", "11", "9", "10"}}});
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(CellsOf(**out, "f"), (Cells{"0.8", "1", "0.9", kNull}));
  EXPECT_EQ(CellsOf(**out, "note"), (Cells{"a, \"quoted\"", kNull, "é", kNull}));
  const auto columns = store_->DescribeSource({}, FileSourceAt("stats.csv"));
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  ASSERT_EQ(columns->size(), 4u);
  EXPECT_EQ((*columns)[0].type, ValueType::kInt64);
  EXPECT_TRUE((*columns)[1].is_timestamp);
  EXPECT_EQ((*columns)[2].arrow_type, "double");
}

TEST_F(DuckDbStoreTest, JsonFiles) {
  Write(
      "stats.jsonl",
      R"({"driver_id": 1, "event_timestamp": "2024-01-01 08:00:00", "f": 1.5, "tags": ["a", "b"]})"
      "\n"
      R"({"driver_id": 2, "event_timestamp": "2024-01-01 09:00:00", "tags": null})"
      "\n");
  const auto out = PullAll("stats.jsonl", {"f", "tags"});
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1.5", kNull}));
  EXPECT_EQ(out->GetColumnByName("tags")->type()->id(), arrow::Type::LIST);
  Write("stats.json", R"([{"driver_id": 1, "event_timestamp": "2024-01-01 08:00:00", "f": 2}])");
  EXPECT_EQ(CellsOf(*PullAll("stats.json"), "f"), (Cells{"2"}));
}

TEST_F(DuckDbStoreTest, PatternsReadManyFilesInTheOrderOfTheirNames) {
  SaveParquet(At("days/b.parquet"), *MakeTable({{"driver_id", kInt, {"1"}},
                                                {"event_timestamp", kUtc, {"8"}},
                                                {"f", kFloat, {"2"}}}));
  SaveParquet(At("days/a.parquet"), *MakeTable({{"f", kInt, {"1"}},
                                                {"driver_id", kInt, {"1"}},
                                                {"event_timestamp", kUtc, {"8"}}}));
  EXPECT_EQ(CellsOf(*PullAll("days/*.parquet"), "f"), (Cells{"1", "2"}));
  Write("more/1.csv", kStats);
  Write("more/2.csv", kStats);
  EXPECT_EQ(PullAll("more/?.csv")->num_rows(), 8);
}

TEST_F(DuckDbStoreTest, NamesNeedNoCare) {
  const std::string column = "a \"b\"; 'c'", file = "it's [1] \"x\" *.csv";
  Write(file, "driver_id,event_timestamp,\"a \"\"b\"\"; 'c'\"\n1,2024-01-01 08:00:00,7\n");
  Write("its 1 x y.csv", "driver_id,event_timestamp,f\n1,2024-01-01 08:00:00,8\n");
  EXPECT_EQ(CellsOf(*PullAll(file, {column}), column), (Cells{"7"}));
  const auto source = FileSourceAt(file, "the \"source's\" name");
  const auto rows = Sql("SELECT * FROM \"the \"\"source's\"\" name\"", {source});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, column), (Cells{"7"}));

  Open(kThroughDuckDb);
  const auto table = MakeTable(
      {{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"8"}}, {column, kInt, {"9"}}});
  SaveParquet(At("it's [1] *.parquet"), *table);
  SaveParquet(At("it's 1 y.parquet"), *table);
  EXPECT_EQ(CellsOf(*PullAll("it's [1] *.parquet", {column}), column), (Cells{"9"}));
}

TEST_F(DuckDbStoreTest, PullsReadTheRangeOnly) {
  Write("stats.csv", kStats);
  PullPlan plan;
  plan.read = ViewOf("stats.csv").read;
  plan.start = kDay + 8 * kHour;
  plan.end = kDay + 9 * kHour;
  EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{"0.8", "0.9", "99"})) << "both bounds count";
  plan.latest_only = true;
  plan.start.reset();
  plan.end = kDay + 10 * kHour + 1;
  EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{"1", "0.9", "99"}));
  plan.end = *plan.end - 1;
  EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{"0.8", "0.9", "99"})) << "a microsecond counts";
  plan.start = std::numeric_limits<Micros>::min();
  plan.end = std::numeric_limits<Micros>::max();
  EXPECT_EQ(Pull(plan)->num_rows(), 3);
}

TEST_F(DuckDbStoreTest, ErrorsNameTheSource) {
  EXPECT_EQ(PullError(FileSourceAt("none.csv")).kind(), ErrorKind::kFileNotFound);
  EXPECT_THAT(PullError(FileSourceAt("none.csv")).message(),
              AllOf(HasSubstr("'stats'"), HasSubstr(At("none.csv").string())));
  EXPECT_EQ(PullError(FileSourceAt("none/*.csv")).kind(), ErrorKind::kFileNotFound);
  EXPECT_THAT(PullError(FileSourceAt("none/*.csv")).message(), HasSubstr("'stats'"));
  Write("broken.json", "{\"driver_id\": ");
  EXPECT_EQ(PullError(FileSourceAt("broken.json")).code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(PullError(FileSourceAt("broken.json")).message(),
              AllOf(HasSubstr("'stats'"), HasSubstr("broken.json")));
  Write("text.csv", "driver_id,event_timestamp,f\n1,soon,1\n");
  const auto joined =
      Ask(ViewOf("text.csv"), {{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"10"}}});
  EXPECT_THAT(joined.status().message(), AllOf(HasSubstr("event_timestamp"), HasSubstr("soon")));
  core::DataSource table;
  table.set_name("elsewhere");
  EXPECT_THAT(PullError(table).message(), AllOf(HasSubstr("elsewhere"), HasSubstr("file sources")));
  const auto csv = FileSourceAt("broken.csv");
  Write("broken.csv", kStats);
  EXPECT_THAT(store_->WriteRows({}, csv, StreamOf(MakeTable({}))).message(),
              AllOf(HasSubstr("'stats'"), HasSubstr("Parquet")));
}

TEST_F(DuckDbStoreTest, MissingExtensionsAreNotDownloaded) {
  Open(Native({{"extension_directory", Setting::Scalar("extensions")},
               {"parquet_reader", Setting::Scalar("duckdb")}}));
  auto delta = FileSourceAt("table");
  delta.mutable_file_options()->mutable_file_format()->mutable_delta_format();
  for (const auto& [source, extension] :
       {std::pair{delta, "'delta'"}, std::pair{FileSourceAt("s3://bucket/*.parquet"), "'httpfs'"},
        std::pair{FileSourceAt("abfss://a@b/c.csv"), "'azure'"}}) {
    const Status status = PullError(source);
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status.ToString();
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("'stats'"), HasSubstr(extension),
                      HasSubstr(At("extensions").string()), HasSubstr("install_extensions")));
  }
}

// ---------------------------------------------------------------- every route against the rule

std::string CsvOf(const RandomCases& cases) {
  std::string out = "case,driver_id,event_timestamp,created,f\n";
  for (size_t i = 0; i < cases.rows.size(); ++i) {
    const RandomCases::Row& row = cases.rows[i];
    const auto hour = [](std::optional<Micros> time, const char* zone) {
      return time ? "2024-01-01 0" + std::to_string(*time / kHour) + ":00:00" + zone : "";
    };
    out += std::to_string(i / RandomCases::kRows) + "," +
           (row.key ? std::to_string(*row.key) : "") + "," + hour(row.time, "+00") + "," +
           hour(row.created, "") + "," + std::to_string(i) + "\n";
  }
  return out;
}

TEST_F(DuckDbStoreTest, EveryRouteGivesTheRowsOfTheRule) {
  Open(kThroughDuckDb);
  const RandomCases cases(20240101);
  Write("cases.csv", CsvOf(cases));
  SaveParquet(At("cases.parquet"), *MakeTable(cases.Source()), 5000);
  const auto asked = MakeTable(cases.Entities());
  const auto module = OpenBatchModule();
  const auto file = (*module)->OpenOfflineStore("file", Setting{}, {place_->folder().string(), ""});
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  const auto through = [&](OfflineStore& store) {
    return [&store, &asked](const HistoricalPlan& plan) {
      return store.GetHistorical({}, plan, StreamOf(asked));
    };
  };
  ExpectTheRule(cases, ViewOf("cases.parquet"), "file store", through(**file));
  ExpectTheRule(cases, ViewOf("cases.parquet"), "Parquet by DuckDB", through(*store_));
  ExpectTheRule(cases, ViewOf("cases.csv"), "CSV by DuckDB", through(*store_));
}

// ---------------------------------------------------------------- SQL

TEST_F(DuckDbStoreTest, EntityRowsFromSql) {
  Write("stats.csv", kStats);
  SaveParquet(At("days/a.parquet"), *MakeTable({{"driver_id", kInt, {"5"}}}));
  const auto rows =
      Sql("WITH recent AS (SELECT driver_id, max(event_timestamp) AS event_timestamp FROM Trips "
          "WHERE driver_id IS NOT NULL GROUP BY ALL) SELECT *, 'x' AS label FROM recent ORDER BY 1",
          {FileSourceAt("stats.csv", "trips"), FileSourceAt("none.csv", "unused")});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "driver_id"), (Cells{"1", "2"}));
  EXPECT_EQ(CellsOf(**rows, "event_timestamp"), (Cells{"10", "9"}));
  EXPECT_EQ(CellsOf(**rows, "label"), (Cells{"x", "x"}));
  const auto relative = Sql("SELECT driver_id FROM 'days/a.parquet'");
  ASSERT_TRUE(relative.ok()) << relative.status().ToString();
  EXPECT_EQ(CellsOf(**relative, "driver_id"), (Cells{"5"})) << "paths start at the repo";
}

TEST_F(DuckDbStoreTest, WrongSqlIsNamed) {
  Write("stats.csv", kStats);
  const std::vector<core::DataSource> sources = {FileSourceAt("stats.csv"),
                                                 FileSourceAt("none.csv", "none")};
  EXPECT_THAT(SqlError("SELECT 1; SELECT 2"), HasSubstr("one SELECT"));
  EXPECT_THAT(SqlError("COPY (SELECT 1) TO '" + At("out.csv").string() + "'"),
              HasSubstr("one SELECT"));
  EXPECT_FALSE(fs::exists(At("out.csv")));
  EXPECT_THAT(SqlError(""), HasSubstr("empty"));
  EXPECT_THAT(SqlError("SELEC 1"), AllOf(HasSubstr("entity_df"), HasSubstr("SELEC")));
  EXPECT_THAT(SqlError("SELECT * FROM nope", sources), HasSubstr("nope"));
  EXPECT_THAT(SqlError("SELECT nope FROM stats", sources), HasSubstr("nope"));
  EXPECT_THAT(SqlError("SELECT * FROM none", sources), HasSubstr("source 'none'"));
}

TEST_F(DuckDbStoreTest, AMissingAttachedDatabaseIsNamed) {
  Open(Native({{"attach", Setting::Map({{"ware house", Setting::Scalar("none.duckdb")}})}}));
  EXPECT_THAT(SqlError("SELECT 1"),
              AllOf(HasSubstr("native.duckdb.attach.ware house"), HasSubstr("none.duckdb")));
}

TEST_F(DuckDbStoreTest, ACancelledQueryEnds) {
  const CallContext context;
  std::thread other([&] { context.Cancel(); });
  const auto rows = TableOf(store_->QueryEntityRows(
      context, "SELECT count(*) FROM range(10000000000000) t(i) WHERE i % 7 = 8", {}));
  other.join();
  EXPECT_EQ(rows.status().code(), StatusCode::kCancelled) << rows.status().ToString();
  EXPECT_TRUE(Sql("SELECT 1").ok()) << "and leaves the store as it was";
}

// ---------------------------------------------------------------- settings

TEST_F(DuckDbStoreTest, WrongSettingsAreNamed) {
  const auto error = [&](const std::vector<std::pair<std::string, Setting>>& options) {
    DuckDbQuirks place(".parquet", Native(options));
    auto store = place.Open();
    return store.ok() ? TableOf((*store)->QueryEntityRows({}, "SELECT 1", {})).status()
                      : store.status();
  };
  for (const auto& [key, value, says] :
       {std::tuple{"memory_limt", "1GB", "native.duckdb.memory_limt: unknown option"},
        std::tuple{"threads", "0", "native.duckdb.threads"},
        std::tuple{"memory_limit", "lots", "memory_limit"},
        std::tuple{"parquet_reader", "arrow", "native, duckdb"},
        std::tuple{"install_extensions", "maybe", "native.duckdb.install_extensions"}}) {
    const Status status = error({{key, Setting::Scalar(value)}});
    EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr(says));
  }
}

TEST_F(DuckDbStoreTest, SettingsReachDuckDb) {
  Open(Native({{"memory_limit", Setting::Scalar("123MiB")},
               {"threads", Setting::Scalar("1")},
               {"temp_directory", Setting::Scalar("spill")}}));
  const auto rows = Sql(
      "SELECT current_setting('memory_limit') m, current_setting('threads')::TEXT t, "
      "current_setting('temp_directory') d, current_setting('autoinstall_known_extensions')::TEXT "
      "a, current_setting('TimeZone') z");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "m"), (Cells{"123.0 MiB"}));
  EXPECT_EQ(CellsOf(**rows, "t"), (Cells{"1"}));
  EXPECT_EQ(CellsOf(**rows, "d"), (Cells{At("spill").string()}));
  EXPECT_EQ(CellsOf(**rows, "a"), (Cells{"false"}));
  EXPECT_EQ(CellsOf(**rows, "z"), (Cells{"UTC"}));
}

// Rows that do not fit the limit go to disk, and come back whole and in order.
TEST_F(DuckDbStoreTest, SourcesLargerThanTheLimitSpill) {
  constexpr int64_t kRows = 1'500'000;
  std::vector<int64_t> keys, times;
  for (int64_t row = 0; row < kRows; ++row) {
    keys.push_back(static_cast<int64_t>(static_cast<uint64_t>(row) * 0x9e3779b97f4a7c15ULL >> 1));
    times.push_back(kDay + row);
  }
  const auto array = [](const std::vector<int64_t>& values) {
    return std::make_shared<arrow::ChunkedArray>(std::make_shared<arrow::Int64Array>(
        values.size(), arrow::Buffer::FromVector(std::vector<int64_t>(values))));
  };
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("driver_id", kInt), arrow::field("event_timestamp", kUtc),
                     arrow::field("f", kInt)}),
      {array(keys), *array(times)->View(kUtc), array(keys)});
  const auto options = [](const std::string& limit) {
    return Native({{"parquet_reader", Setting::Scalar("duckdb")},
                   {"memory_limit", Setting::Scalar(limit)},
                   {"threads", Setting::Scalar("2")},
                   {"temp_directory", Setting::Scalar("spill")},
                   {"max_temp_directory_size", Setting::Scalar("200MB")}});
  };
  Open(options("20MB"));
  SaveParquet(At("large.parquet"), *table, 100'000);
  auto plan = PullPlan();
  plan.read = ViewOf("large.parquet").read;
  const auto stream = store_->Pull({}, plan);
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  EXPECT_TRUE(fs::exists(At("spill"))) << "36 MB fit into 20";
  const auto out = Pull(plan);
  ASSERT_EQ(out->num_rows(), kRows);
  EXPECT_TRUE(out->GetColumnByName("f")->Equals(*array(keys)));
  EXPECT_TRUE(out->GetColumnByName("event_timestamp")->Equals(*table->column(1)));

  Open(options("1MB"));
  SaveParquet(At("large.parquet"), *table, 100'000);
  const Status status = PullError(FileSourceAt("large.parquet"));
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("'stats'"), HasSubstr("memory_limit")));
}

}  // namespace

INSTANTIATE_OFFLINE_STORE_CONFORMANCE(DuckDb, DuckDbQuirks)
INSTANTIATE_OFFLINE_STORE_CONFORMANCE(DuckDbScan, ScanQuirks)
INSTANTIATE_OFFLINE_STORE_CONFORMANCE(DuckDbScanFolder, ScanFolderQuirks)

}  // namespace feast
