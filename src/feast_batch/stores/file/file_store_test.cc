// The conformance kit, then what is the file store's own: files, folders and how much is read.
// Goes through the module as the core does: Parquet in a temporary folder, Arrow C streams across.
#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "feast/offline/batch_module.h"
#include "feast_batch/stores/conformance/parquet_quirks.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileQuirks : public ParquetQuirks {
 public:
  explicit FileQuirks(std::string extension = ".parquet")
      : ParquetQuirks("file", std::move(extension)) {}
};

class FolderQuirks : public FileQuirks {
 public:
  FolderQuirks() : FileQuirks("") {}
};

class FileStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = place_.Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  fs::path At(const std::string& path) const { return place_.folder() / path; }
  static PullPlan PlanOf(const std::string& uri, std::vector<std::string> features = {"f"}) {
    PullPlan plan;
    plan.read = {FileSourceAt(uri), "event_timestamp", "", {"driver_id"}, std::move(features)};
    return plan;
  }
  std::shared_ptr<arrow::Table> Pull(const PullPlan& plan) {
    auto table = TableOf(store_->Pull({}, plan));
    EXPECT_TRUE(table.ok()) << table.status().ToString();
    return table.ok() ? *table : MakeTable({});
  }
  std::string PullError(const PullPlan& plan) {
    return TableOf(store_->Pull({}, plan)).status().message();
  }
  Result<std::shared_ptr<arrow::Table>> Ask(const HistoricalView& view,
                                            const std::vector<Named>& entities) {
    HistoricalPlan plan;
    plan.views = {view};
    plan.entity_timestamp = "event_timestamp";
    return TableOf(store_->GetHistorical({}, plan, StreamOf(MakeTable(entities))));
  }
  static std::vector<Named> Row(const std::string& key, const std::string& time,
                                const std::string& f) {
    return {{"driver_id", kInt, {key}}, {"event_timestamp", kUtc, {time}}, {"f", kInt, {f}}};
  }

  FileQuirks place_;
  std::unique_ptr<OfflineStore> store_;
};

// Upstream's types where nothing is missing; the same ones where something is.
TEST_F(FileStoreTest, TypesAreUpstreams) {
  const auto texts = arrow::list(arrow::field("element", arrow::large_utf8()));
  auto source = MakeTable({{"driver_id", kInt, {"1", "2"}},
                           {"event_timestamp", kNaive, {"8", "9"}},
                           {"n", arrow::int16(), {"8", "9"}},
                           {"s", arrow::large_utf8(), {"a", "b"}},
                           {"day", kNaive, {"1", "2"}}});
  source =
      *source->AddColumn(5, arrow::field("l", texts),
                         std::make_shared<arrow::ChunkedArray>(*arrow::MakeArrayOfNull(texts, 2)));
  SaveParquet(At("typed.parquet"), *source);
  HistoricalView view;
  view.read = {
      FileSourceAt("typed.parquet"), "event_timestamp", "", {"driver_id"}, {"n", "s", "day", "l"}};
  view.entity_columns = {"driver_id"};
  view.output_names = view.read.features;
  for (const Cells& keys : {Cells{"1", "2"}, Cells{"1", "3"}}) {
    const auto out = Ask(view, {{"driver_id", kInt, keys},
                                {"event_timestamp", kUtc, {"10", "10"}},
                                {"label", arrow::large_utf8(), {"a", "b"}}});
    ASSERT_TRUE(out.ok()) << out.status().ToString();
    EXPECT_EQ((*out)->schema()->ToString(),
              "driver_id: int64\nevent_timestamp: timestamp[ns, tz=UTC]\nlabel: large_string\n"
              "n: int16\ns: string\nday: timestamp[us]\nl: list<item: string>");
  }
  const auto far =
      Ask(view, {{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"5000000"}}});  // 2594
  ASSERT_TRUE(far.ok()) << far.status().ToString();
  EXPECT_EQ((*far)->GetColumnByName("event_timestamp")->type()->ToString(),
            "timestamp[us, tz=UTC]");
  EXPECT_EQ(CellsOf(**far, "n"), (Cells{"8"}));
}

TEST_F(FileStoreTest, FoldersPartitionedByName) {
  SaveParquet(At("hive/year=2023/city=New%20York/a.parquet"), *MakeTable(Row("1", "8", "1")));
  SaveParquet(At("hive/year=2024/city=__HIVE_DEFAULT_PARTITION__/a.parq"),
              *MakeTable(Row("2", "9", "2")));
  SaveParquet(At("hive/year=2024/_temporary/broken.parquet"), *MakeTable({}));
  const auto out = Pull(PlanOf("hive", {"f", "year", "city"}));
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1", "2"}));
  EXPECT_EQ(CellsOf(*out, "year"), (Cells{"2023", "2024"}));
  EXPECT_TRUE(out->GetColumnByName("year")->type()->Equals(*arrow::int32()));
  EXPECT_EQ(CellsOf(*out, "city"), (Cells{"New York", kNull}));
  const auto columns = store_->DescribeSource({}, FileSourceAt("hive"));
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  EXPECT_EQ(columns->size(), 5u);

  auto by_city = PlanOf("hive");
  by_city.read.join_keys = {"city"};
  EXPECT_EQ(CellsOf(*Pull(by_city), "city"), (Cells{"New York", kNull}));
  const auto written =
      store_->WriteRows({}, FileSourceAt("hive"), StreamOf(MakeTable(Row("3", "9", "3"))));
  EXPECT_THAT(written.message(), AllOf(HasSubstr("partitioned by 'city'"), HasSubstr("stats")));
}

TEST_F(FileStoreTest, FilesOfAFolderMayDiffer) {
  SaveParquet(At("folder/a.parquet"), *MakeTable(Row("1", "8", "1")));
  auto wider = MakeTable({{"event_timestamp", arrow::timestamp(arrow::TimeUnit::NANO), {"9"}},
                          {"f", kFloat, {"1.5"}},
                          {"driver_id", arrow::int32(), {"2"}},
                          {"note", kText, {"new"}}});
  SaveParquet(At("folder/b.parquet"), *wider);
  SaveParquet(At("folder/c.parquet"), *MakeTable(Row("3", "9", "3"))->Slice(0, 0));
  const auto out = Pull(PlanOf("folder", {"f", "note"}));
  EXPECT_EQ(CellsOf(*out, "driver_id"), (Cells{"1", "2"}));
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1", "1.5"}));
  EXPECT_EQ(CellsOf(*out, "note"), (Cells{kNull, "new"}));
  EXPECT_EQ(CellsOf(*out, "event_timestamp"), (Cells{"8", "9"}));
  EXPECT_EQ(out->GetColumnByName("event_timestamp")->type()->ToString(), "timestamp[ns, tz=UTC]");

  SaveParquet(At("folder/d.parquet"), *MakeTable({{"driver_id", kText, {"x"}}}));
  EXPECT_THAT(PullError(PlanOf("folder")),
              AllOf(HasSubstr("column 'driver_id'"), HasSubstr("int64"), HasSubstr("string"),
                    HasSubstr("a.parquet"), HasSubstr("d.parquet"), HasSubstr("stats")));
}

TEST_F(FileStoreTest, DamagedAndMissingFilesAreNamed) {
  fs::create_directories(At("empty"));
  EXPECT_THAT(PullError(PlanOf("empty")), HasSubstr("no Parquet file in folder"));
  SaveParquet(At("folder/a.parquet"), *MakeTable(Row("1", "8", "1")));
  std::ofstream(At("folder/b.parquet")).close();
  EXPECT_THAT(PullError(PlanOf("folder")), AllOf(HasSubstr("b.parquet"), HasSubstr("stats")));
  std::ofstream(At("text.parquet")) << "driver_id,f\n1,2\n";
  EXPECT_THAT(PullError(PlanOf("text.parquet")),
              AllOf(HasSubstr("text.parquet"), HasSubstr("as Parquet")));
  fs::resize_file(At("folder/a.parquet"), 200);
  EXPECT_THAT(PullError(PlanOf("folder/a.parquet")), HasSubstr("a.parquet"));
  EXPECT_EQ(store_->DescribeSource({}, FileSourceAt("none.parquet")).status().kind(),
            ErrorKind::kFileNotFound);
}

TEST_F(FileStoreTest, PathsMayBeUrisOrAbsolute) {
  EXPECT_EQ(TableOf(store_->Pull({}, PlanOf("hdfs://name/x"))).status().code(),
            StatusCode::kUnimplemented);
  SaveParquet(At("stats.parquet"), *MakeTable(Row("1", "8", "1")));
  EXPECT_EQ(Pull(PlanOf("file://" + At("stats.parquet").string()))->num_rows(), 1);
  EXPECT_EQ(Pull(PlanOf(At("stats.parquet").string()))->num_rows(), 1) << "absolute";
}

TEST_F(FileStoreTest, AppendsToAFileBehindALinkAndLeavesNothingElse) {
  SaveParquet(At("real/stats.parquet"), *MakeTable(Row("1", "8", "1")));
  fs::permissions(At("real/stats.parquet"), fs::perms(0640));
  fs::create_symlink(At("real/stats.parquet"), At("stats.parquet"));
  const auto written =
      store_->WriteRows({}, FileSourceAt("stats.parquet"), StreamOf(MakeTable(Row("2", "7", "2"))));
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_TRUE(fs::is_symlink(At("stats.parquet")));
  EXPECT_EQ(fs::status(At("real/stats.parquet")).permissions(), fs::perms(0640));
  EXPECT_EQ(CellsOf(*Pull(PlanOf("real/stats.parquet")), "f"), (Cells{"1", "2"}));
  EXPECT_EQ(std::distance(fs::directory_iterator(At("real")), {}), 1) << "no temporary file";
}

TEST_F(FileStoreTest, AddedFilesComeAfterAllOthers) {
  SaveParquet(At("folder/zzz/z.parquet"), *MakeTable(Row("1", "8", "0")));
  for (int i = 1; i <= 12; ++i) {
    ASSERT_TRUE(store_
                    ->WriteRows({}, FileSourceAt("folder"),
                                StreamOf(MakeTable(Row("1", "8", std::to_string(i)))))
                    .ok());
    auto plan = PlanOf("folder");
    plan.latest_only = true;
    EXPECT_EQ(CellsOf(*Pull(plan), "f"), (Cells{std::to_string(i)}));
  }
}

TEST_F(FileStoreTest, AFailedOverwriteKeepsTheOldDataset) {
  core::SavedDatasetStorage storage;
  for (const std::string uri : {"data/saved.parquet", "data/saved"}) {
    storage.mutable_file_storage()->set_uri(uri);
    const auto rows = [] { return StreamOf(MakeTable(Row("1", "8", "1"))); };
    ASSERT_TRUE(store_->Persist({}, storage, false, rows()).ok());
    const CallContext cancelled;
    cancelled.Cancel();
    EXPECT_EQ(store_->Persist(cancelled, storage, true, rows()).code(), StatusCode::kCancelled);
    EXPECT_EQ(Pull(PlanOf(uri))->num_rows(), 1);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(At("data")), {}), 2) << "nothing half-made";
}

// ---------------------------------------------------------------- how much is read

// A source in 40 row groups of 20,000 rows, an hour a group, with columns nobody asks for.
constexpr int64_t kGroups = 40, kGroupRows = 20'000;

void SaveLargeFile(const fs::path& path) {
  std::vector<int64_t> keys, times, noise;
  for (int64_t row = 0; row < kGroups * kGroupRows; ++row) {
    keys.push_back(row % 5'000);
    times.push_back(kDay + row / kGroupRows * kHour + row % kGroupRows);
    noise.push_back(static_cast<int64_t>(static_cast<uint64_t>(row) * 0x9e3779b97f4a7c15ULL));
  }
  const auto array = [](const std::vector<int64_t>& values) {
    return std::make_shared<arrow::ChunkedArray>(std::make_shared<arrow::Int64Array>(
        values.size(), arrow::Buffer::FromVector(std::vector<int64_t>(values))));
  };
  const auto time = *array(times)->View(kUtc);
  arrow::FieldVector fields{arrow::field("driver_id", kInt), arrow::field("event_timestamp", kUtc),
                            arrow::field("f", kInt)};
  arrow::ChunkedArrayVector columns{array(keys), time, array(noise)};
  for (int i = 0; i < 6; ++i) {
    fields.push_back(arrow::field("unused" + std::to_string(i), kInt));
    columns.push_back(array(noise));
  }
  SaveParquet(path, *arrow::Table::Make(arrow::schema(fields), columns), kGroupRows);
}

// The source's asked columns are 19 MB in memory; those of a row group half a megabyte. Before the
// tests that pull: the peak is that of this process.
TEST_F(FileStoreTest, MemoryIsTheEntitySides) {
  SaveLargeFile(At("large.parquet"));
  HistoricalView view;
  view.read = PlanOf("large.parquet").read;
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  Cells keys, times;
  for (int i = 0; i < 500; ++i) {
    keys.push_back(std::to_string(i * 7));
    times.push_back(std::to_string(i % 40));
  }
  auto* pool = arrow::default_memory_pool();  // the module's too
  const int64_t total = pool->total_bytes_allocated();
  ASSERT_TRUE(
      Ask(view, {{"driver_id", kInt, keys}, {"event_timestamp", kUtc, times}}).status().ok());
  EXPECT_GT(pool->total_bytes_allocated() - total, 15'000'000) << "the module uses another pool";
  EXPECT_LT(pool->max_memory(), 12'000'000);
}

// More entity rows than the limit lets be joined at once come in the same order, each once.
TEST_F(FileStoreTest, ALowMemoryLimitGivesTheSameRows) {
  SaveLargeFile(At("large.parquet"));
  constexpr int64_t kRows = 150'000;
  std::vector<int64_t> keys, times, numbers;
  for (int64_t row = 0; row < kRows; ++row) {
    keys.push_back(row * 7 % 6'000);  // some are unknown
    times.push_back(kDay + row * 11 % 40 * kHour);
    numbers.push_back(row);
  }
  const auto array = [](const std::vector<int64_t>& values) {
    return std::make_shared<arrow::ChunkedArray>(std::make_shared<arrow::Int64Array>(
        values.size(), arrow::Buffer::FromVector(std::vector<int64_t>(values))));
  };
  const auto entities = arrow::Table::Make(
      arrow::schema({arrow::field("driver_id", kInt), arrow::field("event_timestamp", kUtc),
                     arrow::field("number", kInt)}),
      {array(keys), *array(times)->View(kUtc), array(numbers)});
  HistoricalPlan plan;
  plan.entity_timestamp = "event_timestamp";
  auto& view = plan.views.emplace_back();
  view.view = "large";
  view.read = PlanOf("large.parquet").read;
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  view.output_types = {ValueType::kInt64};
  const auto whole = TableOf(store_->GetHistorical({}, plan, StreamOf(entities)));
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ((*whole)->num_rows(), kRows);
  EXPECT_GT((*whole)->GetColumnByName("f")->null_count(), 0);
  EXPECT_TRUE((*whole)->GetColumnByName("number")->Equals(*entities->column(2)));

  const auto module = OpenBatchModule();
  ASSERT_TRUE(module.ok());
  // Through temporary files in one go, and without them 65,536 rows at a time.
  for (const auto& [files, views_done] : {std::pair("1GB", 1), {"0", 3}}) {
    SCOPED_TRACE(files);
    const auto native = Setting::Map(
        {{"historical", Setting::Map({{"memory_limit", Setting::Scalar("1MB")},
                                      {"max_temp_directory_size", Setting::Scalar(files)}})}});
    auto little =
        (*module)->OpenOfflineStore("file", Setting{}, {place_.folder().string(), "", &native});
    ASSERT_TRUE(little.ok()) << little.status().ToString();
    CallContext context;
    context.set_progress(std::make_shared<Progress>());
    const auto parts = TableOf((*little)->GetHistorical(context, plan, StreamOf(entities)));
    ASSERT_TRUE(parts.ok()) << parts.status().ToString();
    EXPECT_TRUE((*parts)->Equals(**whole));
    const auto counts = context.progress()->counts();
    EXPECT_EQ(counts.views_done, views_done);
    EXPECT_EQ(counts.views_total, views_done);
    EXPECT_EQ(counts.rows_scanned, counts.rows_expected);
    EXPECT_EQ(counts.groups_done, counts.groups_total);
  }
}

// Bytes that this process has read from files.
int64_t BytesRead() {
  std::ifstream io("/proc/self/io");
  std::string word;
  int64_t bytes = -1;
  io >> word >> bytes;
  EXPECT_EQ(word, "rchar:");
  return bytes;
}

// Reads a stream to its end, keeping nothing.
void Drain(Result<OwnedStream> stream) {
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  ArrowArrayStream taken = stream->Take();
  const auto reader = *arrow::ImportRecordBatchReader(&taken);
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
  } while (batch);
}

TEST_F(FileStoreTest, ReadsOnlyTheColumnsAndTimesAskedFor) {
  SaveLargeFile(At("large.parquet"));
  const auto file = static_cast<int64_t>(fs::file_size(At("large.parquet")));
  ASSERT_GT(file, 40'000'000);
  const auto bytes_of = [](const auto& work) {
    const int64_t before = BytesRead();
    work();
    return BytesRead() - before;
  };
  auto plan = PlanOf("large.parquet");
  const auto drain = [&] { Drain(store_->Pull({}, plan)); };
  const int64_t all_times = bytes_of(drain);
  EXPECT_LT(all_times, file / 3) << "three of nine columns";
  plan.start = kDay + 38 * kHour;
  plan.end = kDay + 39 * kHour;
  EXPECT_LT(bytes_of(drain), all_times / 10) << "two of forty row groups";
  HistoricalView view;
  view.read = plan.read;
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  const auto entities =
      std::vector<Named>{{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"20.5"}}};
  EXPECT_LT(bytes_of([&] { EXPECT_EQ((*Ask(view, entities))->num_rows(), 1); }), all_times * 3 / 4)
      << "without ttl: everything before";
  view.ttl = kHour;
  EXPECT_LT(bytes_of([&] { EXPECT_EQ((*Ask(view, entities))->num_rows(), 1); }), all_times / 10)
      << "with ttl: the last hour";
}

// Three files, one row each; a ttl rules out the first.
TEST_F(FileStoreTest, ExplainsWhatItReadsAndReportsIt) {
  SaveParquet(At("days/a.parquet"), *MakeTable(Row("1", "1", "1")));
  SaveParquet(At("days/b.parquet"), *MakeTable(Row("1", "8", "2")));
  SaveParquet(At("days/c.parquet"), *MakeTable(Row("1", "9", "3")));
  HistoricalPlan plan;
  plan.entity_timestamp = "event_timestamp";
  auto& view = plan.views.emplace_back();
  view.view = "days";
  view.read = PlanOf("days").read;
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  view.ttl = 2 * kHour;
  const Micros asked = kDay + 9 * kHour;
  const auto found = store_->Explain({}, plan, {1, asked, asked});
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->store, "file");
  const ViewExplanation& days = found->views.at(0);
  EXPECT_EQ(days.files, 3);
  EXPECT_EQ(days.files_read, 2);
  EXPECT_EQ(days.groups_read, 2);
  EXPECT_EQ(days.rows, 3);
  EXPECT_EQ(days.rows_read, 2);
  EXPECT_THAT(days.scan_columns, ElementsAre("driver_id", "event_timestamp"));
  EXPECT_THAT(days.feature_columns, ElementsAre("f"));
  EXPECT_THAT(days.filters,
              ElementsAre(HasSubstr("event_timestamp >= 2024-01-01 06:59:59.999999"),
                          HasSubstr("event_timestamp <= 2024-01-01 09:00:00.000001")));
  EXPECT_EQ(found->views.size(), 1u);

  CallContext context;
  const auto progress = std::make_shared<Progress>();
  context.set_progress(progress);
  const auto rows = TableOf(store_->GetHistorical(
      context, plan,
      StreamOf(MakeTable({{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"9"}}}))));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(CellsOf(**rows, "f"), (Cells{"3"}));
  const auto counts = progress->counts();
  EXPECT_EQ(counts.rows_scanned, *days.rows_read + 1) << "and the group of the winner";
  EXPECT_EQ(counts.rows_expected, counts.rows_scanned);
  EXPECT_EQ(counts.groups_done, counts.groups_total);
  EXPECT_EQ(counts.views_done, 1);
  EXPECT_EQ(counts.views_total, 1);
  EXPECT_EQ(counts.bytes_read, *days.scan_bytes + *days.feature_bytes / 2);
}

TEST_F(FileStoreTest, ExplainsRangesAndMissingColumns) {
  SaveParquet(At("stats.parquet"), *MakeTable(Row("1", "8", "2")));
  HistoricalPlan plan;
  plan.start = kDay;
  plan.end = kDay + kHour;
  auto& view = plan.views.emplace_back();
  view.view = "stats";
  view.read = PlanOf("stats.parquet").read;
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  const auto found = store_->Explain({}, plan, {{}, plan.start, plan.end});
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->views.at(0).rows_read, 0);
  EXPECT_EQ(found->views.at(0).filters.size(), 2u);
  view.read.features = {"g"};
  EXPECT_THAT(store_->Explain({}, plan, {}).status().message(),
              AllOf(HasSubstr("'g'"), HasSubstr("stats.parquet")));
}

// ---------------------------------------------------------------- logs of served features

class FeatureLogTest : public FileStoreTest {
 protected:
  static core::LoggingConfig Destination() {
    core::LoggingConfig config;
    config.mutable_file_destination()->set_path("logs");
    config.mutable_file_destination()->add_partition_by("day");
    return config;
  }
  Status Write(const std::string& batch, const Cells& days) {
    Cells numbers;
    for (size_t i = 0; i < days.size(); ++i) numbers.push_back(std::to_string(i));
    return store_->WriteLogs({}, Destination(), batch,
                             StreamOf(MakeTable({{"n", kInt, numbers}, {"day", kText, days}})));
  }
  // Every file below the log that is no folder, relative to it.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(At("logs"))) {
      if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), At("logs")));
    }
    std::sort(files.begin(), files.end());
    return files;
  }
};

TEST_F(FeatureLogTest, OneFileAPartitionWithoutItsColumn) {
  ASSERT_TRUE(Write("a", {"1", "2", "1", kNull}).ok());
  ASSERT_TRUE(Write("b", {"2"}).ok());
  EXPECT_THAT(Files(), ElementsAre("1/a-0.parquet", "2/a-0.parquet", "2/b-0.parquet",
                                   "__HIVE_DEFAULT_PARTITION__/a-0.parquet"));
  PullPlan plan;
  plan.read.source = FileSourceAt("logs/1");
  plan.read.timestamp_column = "n";
  const auto columns = store_->DescribeSource({}, plan.read.source);
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  EXPECT_EQ(columns->size(), 1u);
}

TEST_F(FeatureLogTest, APartitionThatCannotBeWrittenKeepsAllBack) {
  fs::create_directories(At("logs"));
  std::ofstream(At("logs/2")) << "in the way";
  EXPECT_FALSE(Write("a", {"1", "2", "3"}).ok());
  EXPECT_THAT(Files(), ElementsAre("2")) << "no file, and no hidden one";
  fs::remove(At("logs/2"));
  ASSERT_TRUE(Write("a", {"1", "2", "3", "1"}).ok());
  EXPECT_THAT(Files(), ElementsAre("1/a-0.parquet", "2/a-0.parquet", "3/a-0.parquet"));
}

TEST_F(FeatureLogTest, APartitionThatCannotBePutInPlaceTakesTheOthersBack) {
  fs::create_directories(At("logs/2/a-0.parquet"));  // no file takes the place of a folder
  EXPECT_FALSE(Write("a", {"1", "2", "3"}).ok());
  EXPECT_THAT(Files(), ElementsAre());
  fs::remove(At("logs/2/a-0.parquet"));
  ASSERT_TRUE(Write("a", {"1", "2", "3"}).ok());
  EXPECT_THAT(Files(), ElementsAre("1/a-0.parquet", "2/a-0.parquet", "3/a-0.parquet"));
}

TEST_F(FeatureLogTest, ABatchWrittenAgainReplacesItself) {
  ASSERT_TRUE(Write("a", {"1", "2"}).ok());
  ASSERT_TRUE(Write("a", {"1", "2", "1"}).ok());
  EXPECT_THAT(Files(), ElementsAre("1/a-0.parquet", "2/a-0.parquet"));
  ASSERT_TRUE(Write("", {"1"}).ok());
  EXPECT_EQ(Files().size(), 3u) << "one without a name is its own";
  EXPECT_THAT(store_->WriteLogs({}, core::LoggingConfig(), "", StreamOf(MakeTable({}))).message(),
              HasSubstr("FileLoggingDestination"));
}

}  // namespace

INSTANTIATE_OFFLINE_STORE_CONFORMANCE(File, FileQuirks)
INSTANTIATE_OFFLINE_STORE_CONFORMANCE(Folder, FolderQuirks)

}  // namespace feast
