// A join through temporary files gives what a join in memory gives, or says why it cannot.
#include "feast_batch/historical/spilled_join.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "feast_batch/historical/historical_stream.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"

namespace feast {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Random = std::mt19937_64;
namespace fs = std::filesystem;

int64_t Below(Random* random, int64_t bound) {
  return static_cast<int64_t>((*random)() % static_cast<uint64_t>(bound));
}

// A table in groups.
class MemorySource final : public RowSource {
 public:
  MemorySource(std::shared_ptr<arrow::Table> table, uint64_t group_rows)
      : table_(std::move(table)) {
    const auto rows = static_cast<uint64_t>(table_->num_rows());
    for (uint64_t first = 0; first < rows; first += group_rows) {
      groups_.push_back({first, std::min(group_rows, rows - first)});
    }
  }
  const std::string& name() const override { return name_; }
  const arrow::Schema& schema() const override { return *table_->schema(); }
  const std::vector<Group>& groups() const override { return groups_; }
  Result<std::unique_ptr<RowStream>> Open(size_t group, const std::vector<std::string>& columns,
                                          Decode) override {
    std::vector<int> indices;
    indices.reserve(columns.size());
    for (const auto& column : columns) indices.push_back(schema().GetFieldIndex(column));
    const auto selected = *table_->SelectColumns(indices);
    return StreamOf(selected->Slice(static_cast<int64_t>(groups_[group].first_row),
                                    static_cast<int64_t>(groups_[group].rows)));
  }
  bool MayHold(size_t, const std::string&, Micros, Micros) override { return true; }
  bool columnar() const override { return false; }

 private:
  std::string name_ = "source \"s\"";
  std::shared_ptr<arrow::Table> table_;
  std::vector<Group> groups_;
};

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Column(int64_t rows, const std::shared_ptr<arrow::DataType>& type,
                                     Random* random, int null_in, const Value& value) {
  Builder builder(type, arrow::default_memory_pool());
  for (int64_t row = 0; row < rows; ++row) {
    const bool null = null_in > 0 && Below(random, null_in) == 0;
    EXPECT_TRUE((null ? builder.AppendNull() : builder.Append(value())).ok());
  }
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> Integers(int64_t rows, int64_t bound, int null_in, Random* random) {
  return Column<arrow::Int64Builder>(rows, arrow::int64(), random, null_in,
                                     [&] { return Below(random, bound); });
}

std::shared_ptr<arrow::Array> Texts(int64_t rows, int64_t bound, int null_in, Random* random) {
  return Column<arrow::StringBuilder>(rows, arrow::utf8(), random, null_in,
                                      [&] { return "t" + std::to_string(Below(random, bound)); });
}

std::shared_ptr<arrow::Array> As(const std::shared_ptr<arrow::Array>& array,
                                 const std::shared_ptr<arrow::DataType>& type) {
  auto cast = arrow::compute::Cast(*array, type);
  EXPECT_TRUE(cast.ok()) << cast.status().ToString();
  return *cast;
}

std::shared_ptr<arrow::Array> Times(int64_t rows, arrow::TimeUnit::type unit, Random* random) {
  const int64_t per_step = unit == arrow::TimeUnit::NANO ? 500 : 1;
  return Column<arrow::TimestampBuilder>(rows, arrow::timestamp(unit, "UTC"), random, 20, [&] {
    return 1000 * per_step + Below(random, 60) * per_step;
  });
}

// Keys k0 (whole numbers, in any spelling) and k1 (text), times, and columns of several types.
std::shared_ptr<arrow::Table> Rows(int64_t rows, const std::string& prefix, bool with_values,
                                   Random* random) {
  const auto dictionary = arrow::dictionary(arrow::int32(), arrow::utf8());
  auto k0 = Integers(rows, 1 + Below(random, 40), 10, random);
  const auto spelling = Below(random, 3);
  if (spelling == 1) k0 = As(k0, arrow::int32());
  if (spelling == 2) k0 = As(k0, arrow::float64());
  auto k1 = Texts(rows, 4, 10, random);
  if (Below(random, 2)) k1 = As(k1, dictionary);
  const auto unit = Below(random, 3) ? arrow::TimeUnit::MICRO : arrow::TimeUnit::NANO;
  arrow::FieldVector fields = {arrow::field(prefix + "k0", k0->type()),
                               arrow::field(prefix + "k1", k1->type()),
                               arrow::field(prefix + "k2", k0->type()),
                               arrow::field(prefix + "time", arrow::timestamp(unit, "UTC"))};
  arrow::ArrayVector columns = {k0, k1, As(Integers(rows, 40, 0, random), k0->type()),
                                Times(rows, unit, random)};
  const auto add = [&](const std::string& name, std::shared_ptr<arrow::Array> column) {
    fields.push_back(arrow::field(name, column->type()));
    columns.push_back(std::move(column));
  };
  if (with_values) {
    add("created", Times(rows, arrow::TimeUnit::MICRO, random));
    add("number", Integers(rows, 1'000'000, 5, random));
    add("text", Texts(rows, 1'000'000, 5, random));
    add("flag", As(Integers(rows, 2, 5, random), arrow::boolean()));
    add("word", As(Texts(rows, 9, 5, random), dictionary));
  } else {
    add("label", As(Texts(rows, 5, 5, random), dictionary));
    add("number", Integers(rows, 9, 5, random));  // of the name of a feature
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), columns, rows);
}

struct History {
  explicit History(uint64_t seed) : random(seed) {
    // Two sources, views with like and unlike keys on them.
    for (int s = 0; s < 2; ++s) sources.push_back(Rows(Below(&random, 400), "", true, &random));
    entities = Rows(Below(&random, 300), "e_", false, &random);
    const auto views = 1 + Below(&random, 5);
    for (int64_t v = 0; v < views; ++v) plan.views.push_back(View(v));
    plan.entity_timestamp = "e_time";
    plan.filter_by_created_timestamp = Below(&random, 4) == 0;
    group_rows = 1 + Below(&random, 100);
  }

  HistoricalView View(int64_t v) {
    HistoricalView view;
    view.view = "v" + std::to_string(v);
    view.read.source.mutable_file_options()->set_uri(std::to_string(Below(&random, 2)));
    view.read.timestamp_column = "time";
    if (Below(&random, 2)) view.read.created_column = "created";
    const std::vector<std::vector<std::string>> keys = {{"k0"}, {"k2"}, {"k1"}, {"k0", "k1"}, {}};
    view.read.join_keys = keys[Below(&random, static_cast<int64_t>(keys.size()))];
    for (const auto& key : view.read.join_keys) {
      // Keys of one kind may swap: the same rows under another role.
      view.entity_columns.push_back(key == "k1" ? "e_k1" : Below(&random, 3) ? "e_k0" : "e_k2");
    }
    view.read.features = {"number", "text", "flag", "word"};
    view.read.features.resize(1 + Below(&random, 4));
    for (const auto& feature : view.read.features) {
      view.output_names.push_back(v == 0 ? feature : view.view + "__" + feature);
      view.output_types.push_back(ValueType::kInt64);
    }
    const Micros ttls[] = {0, 5, 1000};
    view.ttl = ttls[Below(&random, 3)];
    return view;
  }

  OpenRows Open() const {
    return [this](const SourceRead& read, const TimeWindow&) {
      const auto at = static_cast<size_t>(std::stoi(read.source.file_options().uri()));
      return Result<std::unique_ptr<RowSource>>(
          std::make_unique<MemorySource>(sources[at], group_rows));
    };
  }

  Result<std::shared_ptr<arrow::Table>> Join(const JoinMemory& memory,
                                             const CallContext& context = {}) const {
    const auto open = Open();
    auto batches = std::make_shared<arrow::TableBatchReader>(*entities);
    batches->set_chunksize(17);
    OwnedStream stream = ExportStream(batches);
    FEAST_ASSIGN_OR_RETURN(auto joined, HistoricalStream(context, plan, std::move(stream), open,
                                                         arrow::TimeUnit::MICRO, memory));
    FEAST_ASSIGN_OR_RETURN(const auto reader, ImportStream(std::move(joined)));
    FEAST_ARROW_ASSIGN(auto table, reader->ToTable());
    return table;
  }

  Random random;
  std::vector<std::shared_ptr<arrow::Table>> sources;
  std::shared_ptr<arrow::Table> entities;
  HistoricalPlan plan;
  uint64_t group_rows = 1;
};

// Dictionaries differ by what they hold, not by what they say.
std::shared_ptr<arrow::Array> Plain(const std::shared_ptr<arrow::ChunkedArray>& column) {
  auto type = column->type();
  if (type->id() == arrow::Type::DICTIONARY) {
    type = static_cast<const arrow::DictionaryType&>(*type).value_type();
  }
  const auto cast = arrow::compute::Cast(arrow::Datum(column), type);
  const auto chunks = cast->chunked_array()->chunks();
  return chunks.empty() ? *arrow::MakeArrayOfNull(type, 0) : *arrow::Concatenate(chunks);
}

class SpilledJoinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(arrow::compute::Initialize().ok());
    memory_.limit = int64_t{1} << 40;
    spilling_.limit = 1;
    spilling_.least_rows = 7;
    std::string folder = fs::temp_directory_path() / "spilled_join_test_XXXXXX";
    ASSERT_TRUE(mkdtemp(folder.data()));
    folder_ = folder;
    spilling_.temp_directory = folder;
  }
  void TearDown() override {
    EXPECT_TRUE(fs::is_empty(folder_));
    fs::remove_all(folder_);
  }

  // More rows than are joined at once.
  static History Large() {
    History history(1);
    while (history.entities->num_rows() < 100) history = History(history.random());
    return history;
  }

  JoinMemory memory_;
  JoinMemory spilling_;
  fs::path folder_;
};

TEST_F(SpilledJoinTest, GivesTheRowsOfAJoinInMemory) {
  size_t spilled = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const History history(seed);
    const auto expected = history.Join(memory_);
    const auto got = history.Join(spilling_);
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    ASSERT_TRUE(got.ok()) << got.status().message();
    ASSERT_EQ((*got)->schema()->ToString(), (*expected)->schema()->ToString());
    ASSERT_EQ((*got)->num_rows(), (*expected)->num_rows());
    for (int c = 0; c < (*got)->num_columns(); ++c) {
      ASSERT_TRUE(Plain((*got)->column(c))->Equals(Plain((*expected)->column(c))))
          << (*got)->field(c)->ToString();
    }
    spilled += history.entities->num_rows() > spilling_.least_rows;
  }
  EXPECT_GT(spilled, 40U);
}

TEST_F(SpilledJoinTest, ALimitOfTheDirectoryIsKept) {
  spilling_.temp_size = 1000;
  EXPECT_THAT(Large().Join(spilling_).status().message(),
              AllOf(HasSubstr(folder_.string() + " (native.historical.temp_directory)"),
                    HasSubstr("more than 1000 bytes (native.historical.max_temp_directory_size)")));
  EXPECT_EQ(Large().Join(spilling_).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(SpilledJoinTest, WithoutTemporaryFilesRowsComeInParts) {
  const History history = Large();
  spilling_.temp_size = 0;
  const auto got = history.Join(spilling_);
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ((*got)->num_rows(), history.entities->num_rows());
}

TEST_F(SpilledJoinTest, ADiskThatTakesNoMoreIsTold) {
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  const auto got = Large().Join(spilling_);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(got.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(got.status().message(),
              AllOf(HasSubstr("cannot write a temporary file in " + folder_.string()),
                    HasSubstr("File too large")));
}

TEST_F(SpilledJoinTest, ADirectoryThatIsNotThereIsTold) {
  spilling_.temp_directory = folder_ / "nowhere";
  const auto got = Large().Join(spilling_);
  EXPECT_THAT(got.status().message(), AllOf(HasSubstr("cannot create a temporary file in"),
                                            HasSubstr("nowhere (native.historical.temp_directory)"),
                                            HasSubstr("No such file or directory")));
}

TEST_F(SpilledJoinTest, FilesHaveNoNames) {
  History history = Large();
  bool looked = false;
  const auto inner = history.Open();
  const OpenRows open = [&](const SourceRead& read, const TimeWindow& window) {
    EXPECT_TRUE(fs::is_empty(folder_)) << "entity rows are in a file by now";
    looked = true;
    return inner(read, window);
  };
  auto rows = std::make_shared<arrow::TableBatchReader>(*history.entities);
  const auto joined = JoinSpilled({}, history.plan, history.entities, EntityParts(rows), open,
                                  arrow::TimeUnit::MICRO, spilling_);
  EXPECT_TRUE(joined.ok()) << joined.status().message();
  EXPECT_TRUE(looked);
}

TEST_F(SpilledJoinTest, MissingColumnsAreToldBeforeAnythingIsRead) {
  History history = Large();
  history.plan.views.back().read.join_keys = {"k0"};
  history.plan.views.back().entity_columns = {"nobody"};
  const auto got = history.Join(spilling_);
  EXPECT_EQ(got.status().kind(), ErrorKind::kKeyError);
  EXPECT_THAT(got.status().message(), HasSubstr("the entity rows have no column 'nobody'"));
}

TEST_F(SpilledJoinTest, CanBeCancelled) {
  const CallContext context;
  context.Cancel();
  const auto got = Large().Join(spilling_, context);
  EXPECT_EQ(got.status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace feast
