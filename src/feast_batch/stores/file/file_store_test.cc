// Goes through the module as the core does: Parquet in a temporary folder, Arrow C streams across.
#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include <filesystem>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace feast {
namespace {

using ::testing::HasSubstr;
using Cells = std::vector<std::optional<std::string>>;
namespace fs = std::filesystem;

constexpr Micros kDay = 1'704'067'200'000'000;  // 2024-01-01
constexpr Micros kHour = 3'600 * kMicrosPerSecond;

// A column from texts: the type's own text form, nothing for null. Times are hours of the day.
std::shared_ptr<arrow::Array> Column(const std::shared_ptr<arrow::DataType>& type,
                                     const Cells& cells) {
  if (type->id() == arrow::Type::TIMESTAMP) {
    arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO),
                                    arrow::default_memory_pool());
    for (const auto& cell : cells) {
      if (!cell) EXPECT_TRUE(builder.AppendNull().ok());
      if (cell)
        EXPECT_TRUE(builder.Append(kDay + static_cast<Micros>(std::stod(*cell) * kHour)).ok());
    }
    const auto& wanted = static_cast<const arrow::TimestampType&>(*type);
    auto zoned = builder.Finish().ValueOrDie()->View(
        arrow::timestamp(arrow::TimeUnit::MICRO, wanted.timezone()));
    return arrow::compute::Cast(**zoned, type).ValueOrDie();
  }
  arrow::StringBuilder builder;
  for (const auto& cell : cells) {
    EXPECT_TRUE((cell ? builder.Append(*cell) : builder.AppendNull()).ok());
  }
  return arrow::compute::Cast(*builder.Finish().ValueOrDie(), type).ValueOrDie();
}

struct Named {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  Cells cells;
};

std::shared_ptr<arrow::Table> MakeTable(const std::vector<Named>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(Column(column.type, column.cells));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

OwnedStream StreamOf(std::shared_ptr<arrow::Table> table) {
  ArrowArrayStream stream{};
  EXPECT_TRUE(
      arrow::ExportRecordBatchReader(std::make_shared<arrow::TableBatchReader>(table), &stream)
          .ok());
  return OwnedStream(&stream);
}

std::shared_ptr<arrow::Table> TableOf(Result<OwnedStream> stream) {
  EXPECT_TRUE(stream.ok()) << stream.status().ToString();
  if (!stream.ok()) return nullptr;
  ArrowArrayStream taken = stream->Take();
  auto table = (*arrow::ImportRecordBatchReader(&taken))->ToTable();
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return table.ok() ? *table : nullptr;
}

Cells CellsOf(const arrow::Table& table, const std::string& name) {
  const auto column = table.GetColumnByName(name);
  if (!column) return {"no such column"};
  const auto text =
      arrow::compute::Cast(arrow::Datum(column), arrow::utf8()).ValueOrDie().chunked_array();
  Cells out;
  for (const auto& chunk : text->chunks()) {
    const auto& values = static_cast<const arrow::StringArray&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) {
      out.push_back(values.IsNull(i) ? std::nullopt : std::optional(values.GetString(i)));
    }
  }
  return out;
}

const auto kUtc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
const auto kNaive = arrow::timestamp(arrow::TimeUnit::MICRO);
const auto kInt = arrow::int64();
const auto kFloat = arrow::float64();
const auto kText = arrow::utf8();

class FileStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("file_store_test." + std::to_string(getpid()));
    fs::create_directories(folder_);
    auto module = OpenBatchModule();
    ASSERT_TRUE(module.ok()) << module.status().ToString();
    auto store =
        (*module)->OpenOfflineStore("file", Setting{}, {folder_.string(), "feature_store.yaml"});
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& file, const std::vector<Named>& columns, int64_t group_rows = 2) {
    Save(file, *MakeTable(columns), group_rows);
  }
  void Save(const std::string& file, const arrow::Table& table, int64_t group_rows = 2) {
    const auto out = *arrow::io::FileOutputStream::Open((folder_ / file).string());
    const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    ASSERT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, group_rows,
                                           parquet::default_writer_properties(), properties)
                    .ok());
    ASSERT_TRUE(out->Close().ok());
  }
  // storage.md §5.7's S.
  void WriteStats(const std::shared_ptr<arrow::DataType>& time = kUtc) {
    Write("stats.parquet", {{"driver_id", kInt, {"1", "1", "1", "2"}},
                            {"event_timestamp", time, {"8", "10", "12", "9"}},
                            {"created", time, {"8.1", "10.1", "12.1", "9.1"}},
                            {"f", kFloat, {"0.8", "1", "1.2", "0.9"}},
                            {"n", kInt, {"8", "10", "12", "9"}}});
  }
  core::DataSource Source(const std::string& file) {
    core::DataSource source;
    source.set_name("stats_source");
    source.set_type(core::DataSource::BATCH_FILE);
    source.mutable_file_options()->set_uri(file);
    return source;
  }
  HistoricalView View(std::vector<std::string> keys = {"driver_id"},
                      std::vector<std::string> features = {"f"},
                      const std::string& file = "stats.parquet") {
    HistoricalView view;
    view.read = {Source(file), "event_timestamp", "created", keys, features};
    view.entity_columns = keys;
    view.output_names = features;
    view.view = "stats";
    return view;
  }
  std::shared_ptr<arrow::Table> Ask(std::vector<HistoricalView> views,
                                    const std::vector<Named>& entities) {
    HistoricalPlan plan;
    plan.views = std::move(views);
    plan.entity_timestamp = "event_timestamp";
    return TableOf(store_->GetHistorical(context_, plan, StreamOf(MakeTable(entities))));
  }
  std::vector<Named> Entities(Cells keys, Cells times) {
    return {{"driver_id", kInt, std::move(keys)}, {"event_timestamp", kUtc, std::move(times)}};
  }

  fs::path folder_;
  CallContext context_;
  std::unique_ptr<OfflineStore> store_;
};

TEST_F(FileStoreTest, VectorsOfOneView) {
  WriteStats();
  const auto f = [&](Cells keys, Cells times, Micros ttl = 0) {
    auto view = View();
    view.ttl = ttl;
    return CellsOf(*Ask({view}, Entities(std::move(keys), std::move(times))), "f");
  };
  EXPECT_EQ(f({"1", "1", "2"}, {"10", "11", "9"}), (Cells{"1", "1", "0.9"}));   // V1
  EXPECT_EQ(f({"1", "1"}, {"9", "9.1"}, kHour), (Cells{"0.8", std::nullopt}));  // V2
  EXPECT_EQ(f({"3", "1"}, {"10", "10"}), (Cells{std::nullopt, "1"}));           // V3
  EXPECT_EQ(f({"1", "2"}, {"7", "9"}), (Cells{std::nullopt, "0.9"}));           // V4
  EXPECT_EQ(f({"1", std::nullopt}, {"10", "10"}), (Cells{"1", std::nullopt}));  // V8
  EXPECT_EQ(f({}, {}), (Cells{}));
}

TEST_F(FileStoreTest, KeepsColumnsOrderAndDuplicates) {
  WriteStats();
  auto entities = Entities({"2", "1", "1"}, {"9", "10", "10"});
  entities.push_back({"label", kText, {"c", "a", "b"}});
  auto view = View({"driver_id"}, {"n", "f"});
  view.output_names = {"stats__n", "label"};
  const auto out = Ask({view}, entities);
  EXPECT_EQ(
      out->schema()->field_names(),
      (std::vector<std::string>{"driver_id", "event_timestamp", "label", "stats__n", "label__"}));
  EXPECT_EQ(CellsOf(*out, "label"), (Cells{"c", "a", "b"}));
  EXPECT_EQ(CellsOf(*out, "stats__n"), (Cells{"9", "10", "10"}));
  EXPECT_TRUE(out->GetColumnByName("stats__n")->type()->Equals(*kInt));
}

TEST_F(FileStoreTest, KeysOfOtherTypesAndNaiveTimes) {
  WriteStats(kNaive);
  for (const auto& type : {arrow::int32(), arrow::float64(), arrow::uint8()}) {
    std::shared_ptr<arrow::DataType> key = type;
    const auto out = Ask({View()}, {{"driver_id", key, {"1", "2", std::nullopt}},
                                    {"event_timestamp", kNaive, {"10", "9", "9"}}});
    EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1", "0.9", std::nullopt})) << key->ToString();
    EXPECT_EQ(out->GetColumnByName("event_timestamp")->type()->ToString(), "timestamp[ns, tz=UTC]");
  }
}

// Upstream's types where nothing is missing; the same ones where something is.
TEST_F(FileStoreTest, TypesAreUpstreams) {
  const auto texts = arrow::list(arrow::field("element", arrow::large_utf8()));
  const auto list = *arrow::MakeArrayOfNull(texts, 2);
  auto source = MakeTable({{"driver_id", kInt, {"1", "2"}},
                           {"event_timestamp", kNaive, {"8", "9"}},
                           {"n", arrow::int16(), {"8", "9"}},
                           {"s", arrow::large_utf8(), {"a", "b"}},
                           {"day", kNaive, {"1", "2"}}});
  source =
      *source->AddColumn(5, arrow::field("l", texts), std::make_shared<arrow::ChunkedArray>(list));
  Save("typed.parquet", *source);
  auto view = View({"driver_id"}, {"n", "s", "day", "l"}, "typed.parquet");
  view.read.created_column.clear();
  for (const Cells& keys : {Cells{"1", "2"}, Cells{"1", "3"}}) {
    auto entities = Entities(keys, {"10", "10"});
    entities.push_back({"label", arrow::large_utf8(), {"a", "b"}});
    EXPECT_EQ(Ask({view}, entities)->schema()->ToString(),
              "driver_id: int64\nevent_timestamp: timestamp[ns, tz=UTC]\nlabel: large_string\n"
              "n: int16\ns: string\nday: timestamp[us]\nl: list<item: string>");
  }
  const auto far = Ask({view}, Entities({"1"}, {"5000000"}));  // the year 2594
  EXPECT_EQ(far->GetColumnByName("event_timestamp")->type()->ToString(), "timestamp[us, tz=UTC]");
  EXPECT_EQ(CellsOf(*far, "n"), (Cells{"8"}));
}

TEST_F(FileStoreTest, CompositeKeysDoNotCollide) {
  Write("pairs.parquet", {{"a", kText, {"1", "12"}},
                          {"b", kText, {"23", "3"}},
                          {"event_timestamp", kUtc, {"8", "9"}},
                          {"created", kUtc, {"8", "9"}},
                          {"f", kInt, {"123", "999"}}});
  const auto out = Ask({View({"a", "b"}, {"f"}, "pairs.parquet")},
                       {{"a", arrow::large_utf8(), {"1", "12"}},
                        {"b", arrow::dictionary(arrow::int32(), kText), {"23", "3"}},
                        {"event_timestamp", kUtc, {"10", "10"}}});
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"123", "999"}));
}

TEST_F(FileStoreTest, EntitylessViewMatchesOnTime) {
  Write("g.parquet", {{"event_timestamp", kUtc, {"1", "6"}},
                      {"created", kUtc, {"1", "6"}},
                      {"f", kInt, {"1", "6"}}});
  const auto out = Ask({View({}, {"f"}, "g.parquet")}, Entities({"1", "2"}, {"10", "5"}));
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"6", "1"}));
}

TEST_F(FileStoreTest, KeyMapAndNullFeatures) {
  WriteStats();
  auto origin = View(), target = View();
  origin.entity_columns = {"origin"};
  origin.output_names = {"o__f"};
  target.entity_columns = {"dest"};
  target.output_names = {"d__f"};
  const auto out =
      Ask({origin, target},
          {{"origin", kInt, {"1"}}, {"dest", kInt, {"2"}}, {"event_timestamp", kUtc, {"10"}}});
  EXPECT_EQ(CellsOf(*out, "o__f"), (Cells{"1"}));
  EXPECT_EQ(CellsOf(*out, "d__f"), (Cells{"0.9"}));
}

TEST_F(FileStoreTest, RangeIsASnapshotAtItsEnd) {
  WriteStats();
  HistoricalPlan plan;
  plan.views = {View()};
  plan.start = kDay;
  plan.end = kDay + 11 * kHour;
  const auto out = TableOf(store_->GetHistorical(context_, plan, OwnedStream()));
  EXPECT_EQ(CellsOf(*out, "driver_id"), (Cells{"1", "2"}));
  EXPECT_EQ(CellsOf(*out, "f"), (Cells{"1", "0.9"}));
}

TEST_F(FileStoreTest, PullsAllAndLatest) {
  WriteStats();
  PullPlan plan;
  plan.read = View({"driver_id"}, {"n"}).read;
  plan.start = kDay + 8 * kHour;
  plan.end = kDay + 10 * kHour;
  auto out = TableOf(store_->Pull(context_, plan));
  EXPECT_EQ(CellsOf(*out, "n"), (Cells{"8", "10", "9"}));
  plan.latest_only = true;
  out = TableOf(store_->Pull(context_, plan));
  EXPECT_EQ(CellsOf(*out, "n"), (Cells{"10", "9"}));
  EXPECT_EQ(out->schema()->field_names(),
            (std::vector<std::string>{"driver_id", "n", "event_timestamp", "created"}));
}

TEST_F(FileStoreTest, WritesBeforeTheOldRowsAndKeepsTheSchema) {
  WriteStats();
  const std::vector<Named> row = {{"f", kFloat, {"5"}},
                                  {"driver_id", arrow::int32(), {"7"}},
                                  {"n", kInt, {"1"}},
                                  {"event_timestamp", kNaive, {"1"}},
                                  {"created", kNaive, {"1"}}};
  const auto status =
      store_->WriteRows(context_, Source("stats.parquet"), StreamOf(MakeTable(row)));
  ASSERT_TRUE(status.ok()) << status.ToString();
  PullPlan plan;
  plan.read = View().read;
  const auto out = TableOf(store_->Pull(context_, plan));
  EXPECT_EQ(CellsOf(*out, "driver_id"), (Cells{"7", "1", "1", "1", "2"}));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "no temporary file is left";

  const auto wrong = store_->WriteRows(context_, Source("stats.parquet"),
                                       StreamOf(MakeTable({{"x", kInt, {"1"}}})));
  EXPECT_THAT(wrong.message(), HasSubstr("extra_unexpected_columns: ['x']"));
}

TEST_F(FileStoreTest, PersistsFilesAndFolders) {
  const auto table = MakeTable({{"x", kInt, {"1"}}});
  for (const std::string uri : {"data/saved.parquet", "data/saved"}) {
    core::SavedDatasetStorage storage;
    storage.mutable_file_storage()->set_uri(uri);
    EXPECT_TRUE(store_->Persist(context_, storage, false, StreamOf(table)).ok());
    EXPECT_EQ(store_->Persist(context_, storage, false, StreamOf(table)).message(),
              "Saved dataset location " + uri + " already exists.");
    const auto again = store_->Persist(context_, storage, true, StreamOf(table));
    EXPECT_TRUE(again.ok()) << again.ToString();
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "data"), {}), 2);
}

TEST_F(FileStoreTest, DescribesAndNamesWhatIsWrong) {
  WriteStats();
  const auto columns = store_->DescribeSource(context_, Source("stats.parquet"));
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  EXPECT_EQ(columns->at(0).type, ValueType::kInt64);
  EXPECT_TRUE(columns->at(1).is_timestamp);

  EXPECT_EQ(store_->DescribeSource(context_, Source("none.parquet")).status().kind(),
            ErrorKind::kFileNotFound);
  PullPlan plan;
  plan.read = View({"driver_id"}, {"nope"}).read;
  EXPECT_THAT(store_->Pull(context_, plan).status().message(),
              AllOf(HasSubstr("nope"), HasSubstr("stats_source"), HasSubstr("stats.parquet")));
  plan.read = View().read;
  plan.read.timestamp_column = "n";
  EXPECT_THAT(store_->Pull(context_, plan).status().message(), HasSubstr("not a timestamp"));
}

}  // namespace
}  // namespace feast
