#include "feast/ingest/ingest.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>

#include "feast/codec/entity_key.h"
#include "feast/online/faulty_store.h"
#include "feast/online/memory_store.h"
#include "feast/online/store_doubles.h"
#include "feast/registry/memory_registry.h"
#include "feast/registry/versions.h"
#include "feast/types/Value.pb.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr Micros kNoon = 1704196800 * kMicrosPerSecond;
constexpr Micros kHour = 3600 * kMicrosPerSecond;

struct Row {
  std::optional<std::string> id;
  std::optional<Micros> time = kNoon;
  std::optional<double> rate = 0.5;
  std::optional<Micros> made = std::nullopt;
};

void AppendTime(ArrowArray* array, const std::optional<Micros>& time) {
  EXPECT_EQ(time ? ArrowArrayAppendInt(array, *time) : ArrowArrayAppendNull(array, 1), 0);
}

OwnedSchema MakeSchema(const std::string& rate_name) {
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 4), 0);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[0], NANOARROW_TYPE_STRING), 0);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[2], NANOARROW_TYPE_DOUBLE), 0);
  for (const int time : {1, 3}) {
    EXPECT_EQ(ArrowSchemaSetTypeDateTime(schema->children[time], NANOARROW_TYPE_TIMESTAMP,
                                         NANOARROW_TIME_UNIT_MICRO, "UTC"),
              0);
  }
  const std::vector<std::string> names = {"id", "ts", rate_name, "made"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ArrowSchemaSetName(schema->children[i], names[i].c_str()), 0);
  }
  return schema;
}

/// A stream of `rows` in batches of `size`.
OwnedStream Stream(const std::vector<Row>& rows, size_t size = 100,
                   const std::string& rate_name = "rate") {
  OwnedSchema schema = MakeSchema(rate_name);
  std::vector<OwnedArray> batches;
  for (size_t begin = 0; begin < rows.size(); begin += size) {
    OwnedArray batch;
    EXPECT_EQ(ArrowArrayInitFromSchema(batch.get(), schema.get(), nullptr), 0);
    EXPECT_EQ(ArrowArrayStartAppending(batch.get()), 0);
    for (size_t i = begin; i < std::min(rows.size(), begin + size); ++i) {
      ArrowArray* id = batch->children[0];
      ArrowArray* rate = batch->children[2];
      EXPECT_EQ(rows[i].id ? ArrowArrayAppendString(id, ArrowCharView(rows[i].id->c_str()))
                           : ArrowArrayAppendNull(id, 1),
                0);
      AppendTime(batch->children[1], rows[i].time);
      EXPECT_EQ(rows[i].rate ? ArrowArrayAppendDouble(rate, *rows[i].rate)
                             : ArrowArrayAppendNull(rate, 1),
                0);
      AppendTime(batch->children[3], rows[i].made);
      EXPECT_EQ(ArrowArrayFinishElement(batch.get()), 0);
    }
    EXPECT_EQ(ArrowArrayFinishBuildingDefault(batch.get(), nullptr), 0);
    batches.push_back(std::move(batch));
  }
  return StreamOfBatches(std::move(schema), std::move(batches));
}

/// History as a list of rows, handed out in small batches.
class FakeOffline : public OfflineStore {
 public:
  std::vector<Row> rows;
  std::vector<PullPlan> pulled;
  std::vector<std::string> written;
  size_t batch_rows = 2;

  std::string_view type() const override { return "fake"; }
  Result<OwnedStream> Pull(const CallContext&, const PullPlan& plan) override {
    pulled.push_back(plan);
    std::vector<Row> chosen;
    for (const Row& row : rows) {
      if (*row.time >= *plan.start && *row.time <= *plan.end) chosen.push_back(row);
    }
    return Stream(chosen, batch_rows);
  }
  Status WriteRows(const CallContext&, const core::DataSource& source, OwnedStream) override {
    written.push_back(source.name());
    return Status::OK();
  }
  Result<std::vector<SourceColumn>> DescribeSource(const CallContext&,
                                                   const core::DataSource&) override {
    return Status::Unimplemented("not asked for here");
  }
  Result<OwnedStream> GetHistorical(const CallContext&, const HistoricalPlan&,
                                    OwnedStream) override {
    return Status::Unimplemented("not asked for here");
  }
  Status Persist(const CallContext&, const core::SavedDatasetStorage&, bool, OwnedStream) override {
    return Status::Unimplemented("not asked for here");
  }
};

constexpr const char* kSpec = R"(
    project: 'p' online: true
    entity_columns { name: 'id' value_type: STRING } features { name: 'rate' value_type: DOUBLE }
    batch_source { name: 's' timestamp_field: 'ts' created_timestamp_column: 'made' }
)";

core::Registry MakeRegistry() {
  const std::string spec = kSpec;
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "feature_views { spec { name: 'v' ttl { seconds: 7200 } stream_source { name: 'fresh' type: "
      "PUSH_SOURCE } " +
          spec + " } } feature_views { spec { name: 'off' disabled: true " + spec +
          " } } label_views { spec { name: 'labels' project: 'p' } } "
          "feature_views { spec { name: 'hidden' project: 'p' } } "
          "on_demand_feature_views { spec { name: 'od' project: 'p' } }",
      &registry));
  return registry;
}

class IngestTest : public testing::Test {
 protected:
  IngestTest() { Keep(0); }

  void Keep(int version) {
    OnlineTable table;
    table.project = "p";
    table.view = "v";
    table.version = version;
    table_ = std::make_shared<const OnlineTable>(std::move(table));
    EXPECT_TRUE(memory_.UpdateInfrastructure({}, {{table_}, {}}).ok());
  }
  Ingest MakeIngest() {
    return Ingest(
        registry_, &store_, [this]() -> Result<OfflineStore*> { return &offline_; }, everybody_,
        clock_, options_);
  }
  Status Write(const std::vector<Row>& rows, size_t batch = 100) {
    return MakeIngest().WriteOnline({}, "v", Stream(rows, batch));
  }
  Status Materialize(const MaterializeRequest& request, const MaterializeProgress& progress = {}) {
    return MakeIngest().Materialize({}, request, progress);
  }
  /// What the store has for a key: its value ("null", "nothing") and hours after noon.
  std::string Stored(const std::string& id) {
    auto encoder = EntityKeyEncoder::Make({{"id", ValueType::kString}}, 3);
    const RawValue value{id};
    const RawValue* pointer = &value;
    std::string key;
    EXPECT_TRUE(encoder->Append(std::span(&pointer, 1), &key).ok());
    const auto rows = memory_.ReadAndWait({}, {{table_, {"rate"}, {key}}});
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    const TableRows& row = (*rows)[0];
    if (!row.event_times[0]) return "nothing";
    const Micros hours = (*row.event_times[0] - kNoon) / kHour;
    if (row.cells[0].value.empty()) return "null at " + std::to_string(hours);
    const auto decoded = DecodeValueBytes(row.cells[0].value);
    return std::to_string(static_cast<int>(*decoded)) + " at " + std::to_string(hours);
  }
  static std::optional<double> DecodeValueBytes(std::string_view bytes) {
    types::Value value;
    EXPECT_TRUE(value.ParseFromString(std::string(bytes)));
    return value.double_val();
  }
  const core::FeatureViewMeta& Meta() { return registry_.proto().feature_views(0).meta(); }

  MemoryRegistry registry_{MakeRegistry()};
  MemoryStore memory_;
  FaultyStore store_{memory_};
  FakeOffline offline_;
  NoAuthorizer everybody_;
  FixedClock clock_{kNoon};
  IngestOptions options_{.project = "p"};
  std::shared_ptr<const OnlineTable> table_;
};

TEST_F(IngestTest, MaterializationWritesAtMostSoManyRowsAtOnce) {
  for (const char* id : {"a", "b", "c", "d", "e"}) offline_.rows.push_back({id, kNoon, *id - 96.0});
  offline_.batch_rows = 100;
  using Sizes = std::vector<int64_t>;
  for (const auto& [most, sizes] : std::map<std::optional<int64_t>, Sizes>{
           {std::nullopt, {5}}, {1, {1, 1, 1, 1, 1}}, {2, {2, 2, 1}}, {5, {5}}, {6, {5}}}) {
    options_.write_rows = most;
    Sizes written;
    MaterializeProgress progress;
    progress.rows_written = [&](const std::string&, int64_t rows) { written.push_back(rows); };
    const Status status = Materialize({kNoon - kHour, kNoon, {"v"}}, progress);
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(written, sizes) << "at most " << most.value_or(0);
    EXPECT_EQ(Stored("a"), "1 at 0");
    EXPECT_EQ(Stored("c"), "3 at 0");
    EXPECT_EQ(Stored("e"), "5 at 0");
  }
}

TEST_F(IngestTest, LateAndOutOfOrderRowsNeverOverwriteNewerOnes) {
  for (const size_t batch : {1, 2, 100}) {
    SCOPED_TRACE(batch);
    ASSERT_TRUE(Write({{"a", kNoon + kHour, 1.0},
                       {"a", kNoon, 2.0},
                       {"b", kNoon, 3.0},
                       {"b", kNoon + kHour, 4.0},
                       {"a", kNoon - kHour, 5.0}},
                      batch)
                    .ok());
    EXPECT_EQ(Stored("a"), "1 at 1");
    EXPECT_EQ(Stored("b"), "4 at 1");
  }
  ASSERT_TRUE(MakeIngest().Push({}, "fresh", Stream({{"a", kNoon, 6.0}}), PushMode::kOnline).ok());
  offline_.rows = {{"a", kNoon, 7.0}};
  ASSERT_TRUE(Materialize({.start = 0, .end = kNoon, .views = {"v"}}).ok());
  EXPECT_EQ(Stored("a"), "1 at 1") << "whatever way the late row comes in";
}

TEST_F(IngestTest, OfEqualTimesTheLaterWrittenStays) {
  ASSERT_TRUE(Write({{"a", kNoon, 1.0}, {"a", kNoon, 2.0}}).ok());
  EXPECT_EQ(Stored("a"), "2 at 0");
  ASSERT_TRUE(Write({{"a", kNoon, std::nullopt}, {"b", kNoon, 1.0}}).ok());
  EXPECT_EQ(Stored("a"), "null at 0") << "a null is a value";
}

TEST_F(IngestTest, ARowWithoutKeyOrTimeIsRefusedWithItsBatch) {
  Status status = Write({{"a"}, {std::nullopt}});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "join key 'id' is null in row 1 of 'v'; a row without a key cannot be stored");
  status = Write({{"a", std::nullopt}});
  EXPECT_EQ(status.message(), "event time 'ts' is null in row 0 of 'v'");
  EXPECT_EQ(Stored("a"), "nothing");
  EXPECT_TRUE(Write({{"a", kNoon, 1.0, std::nullopt}, {"b", kNoon, 1.0, kNoon}}).ok())
      << "a created time may be null";
}

TEST_F(IngestTest, MissingColumnsAreNamed) {
  const Status status = MakeIngest().WriteOnline({}, "v", Stream({{"a"}}, 1, "other"));
  EXPECT_EQ(status.kind(), ErrorKind::kKeyError);
  EXPECT_EQ(status.message(), "column 'rate' of feature view 'v' is not in the rows to write");
}

TEST_F(IngestTest, RowsWithoutAnyValueAreNotWrittenByCallersButMaterialized) {
  ASSERT_TRUE(Write({{"a", kNoon, std::nullopt}}).ok());
  EXPECT_EQ(Stored("a"), "nothing");
  offline_.rows = {{"a", kNoon, std::nullopt}};
  ASSERT_TRUE(Materialize({.start = 0, .end = kNoon, .views = {"v"}}).ok());
  EXPECT_EQ(Stored("a"), "null at 0");
}

TEST_F(IngestTest, PushGoesWhereItIsTold) {
  ASSERT_TRUE(MakeIngest().Push({}, "fresh", Stream({{"a"}}), PushMode::kOffline).ok());
  EXPECT_EQ(Stored("a"), "nothing");
  EXPECT_EQ(offline_.written, std::vector<std::string>{"s"});
  ASSERT_TRUE(MakeIngest().Push({}, "fresh", Stream({{"a"}}), PushMode::kOnlineAndOffline).ok());
  EXPECT_EQ(Stored("a"), "0 at 0");
  EXPECT_EQ(offline_.written.size(), 2U);
  EXPECT_EQ(MakeIngest().Push({}, "none", Stream({}), PushMode::kOnline).message(),
            "Unable to find push source 'none'.");
}

TEST_F(IngestTest, AFailedWriteNamesViewAndStore) {
  store_.FailWrites(1);
  const Status status = Write({{"a"}});
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "writing feature view 'v' to the memory online store: injected fault");
  EXPECT_EQ(Stored("a"), "nothing");
  EXPECT_TRUE(Write({{"a"}}).ok());
}

TEST_F(IngestTest, AnInterruptedMaterializationRecordsNothingAndItsRepetitionIsRight) {
  constexpr int kBatches = 4;
  for (int i = 0; i < 2 * kBatches; ++i) {
    offline_.rows.push_back({std::string(1, static_cast<char>('a' + i)), kNoon, 1.0 * i});
  }
  const MaterializeRequest request{.start = kNoon - kHour, .end = kNoon, .views = {"v"}};
  for (int failing = 0; failing < kBatches; ++failing) {
    SCOPED_TRACE(failing);
    store_.FailWrites(1, failing);
    const Status status = Materialize(request);
    EXPECT_EQ(status.message(),
              "materializing 'v': writing feature view 'v' to the memory online store: injected "
              "fault");
    EXPECT_EQ(Meta().materialization_intervals_size(), 0);
    EXPECT_EQ(Meta().state(), core::STATE_UNSPECIFIED);
  }
  int64_t rows = 0;
  ASSERT_TRUE(
      Materialize(request, {.rows_written = [&](const auto&, int64_t n) { rows += n; }}).ok());
  EXPECT_EQ(rows, 2 * kBatches);
  for (int i = 0; i < 2 * kBatches; ++i) {
    EXPECT_EQ(Stored(std::string(1, static_cast<char>('a' + i))), std::to_string(i) + " at 0");
  }
  ASSERT_EQ(Meta().materialization_intervals_size(), 1);
  EXPECT_EQ(Meta().materialization_intervals(0).start_time().seconds(),
            (kNoon - kHour) / kMicrosPerSecond);
  EXPECT_EQ(Meta().materialization_intervals(0).end_time().seconds(), kNoon / kMicrosPerSecond);
  EXPECT_EQ(Meta().state(), core::AVAILABLE_ONLINE);
}

TEST_F(IngestTest, CancellationStopsBetweenBatches) {
  for (int i = 0; i < 8; ++i) offline_.rows.push_back({std::to_string(i), kNoon, 1.0});
  const CallContext context;
  const MaterializeProgress progress{
      .rows_written = [&](const auto&, int64_t) { context.Cancel(); }};
  const Status status =
      MakeIngest().Materialize(context, {.start = 0, .end = kNoon, .views = {"v"}}, progress);
  EXPECT_EQ(status.code(), StatusCode::kCancelled) << status.ToString();
  EXPECT_EQ(Meta().materialization_intervals_size(), 0);
}

TEST_F(IngestTest, IncrementalWindowsBeginWhereTheLastOneEnded) {
  const MaterializeRequest incremental{.end = kNoon, .views = {"v"}};
  ASSERT_TRUE(Materialize(incremental).ok());
  EXPECT_EQ(offline_.pulled[0].start, kNoon - 2 * kHour) << "now less the ttl";
  EXPECT_EQ(offline_.pulled[0].end, kNoon);
  EXPECT_TRUE(offline_.pulled[0].latest_only);
  ASSERT_EQ(Meta().materialization_intervals_size(), 1) << "an empty window is recorded too";
  ASSERT_TRUE(Materialize({.end = kNoon + kHour, .views = {"v"}}).ok());
  EXPECT_EQ(offline_.pulled[1].start, kNoon);
  core::Registry registry = MakeRegistry();
  registry.mutable_feature_views(0)->mutable_spec()->clear_ttl();
  registry_.Reset(std::move(registry));
  ASSERT_TRUE(Materialize(incremental).ok());
  EXPECT_EQ(offline_.pulled[2].start, kNoon - 52 * 7 * 24 * kHour);
}

TEST_F(IngestTest, WithoutNamesOnlyOnlineAndEnabledViewsAreMaterialized) {
  ASSERT_TRUE(Materialize({.start = 0, .end = kNoon}).ok());
  EXPECT_EQ(offline_.pulled.size(), 1U);
}

/// Hands out one row a view; the first two views are asked for at the same time, or the test fails.
class MeetingOffline final : public FakeOffline {
 public:
  Result<OwnedStream> Pull(const CallContext& context, const PullPlan& plan) override {
    std::unique_lock lock(mutex_);
    ++here_;
    met_.notify_all();
    if (!met_.wait_for(lock, std::chrono::seconds(30), [&] { return here_ >= 2; })) {
      return Status::DeadlineExceeded("nobody came");
    }
    if (plan.read.source.name() == fails) return Status::Unavailable("the source is away");
    return FakeOffline::Pull(context, plan);
  }
  std::string fails;

 private:
  std::mutex mutex_;
  std::condition_variable met_;
  int here_ = 0;
};

class ParallelTest : public IngestTest {
 protected:
  ParallelTest() {
    core::Registry registry;
    for (const std::string name : {"a", "b", "c", "d", "e"}) {
      auto* view = registry.add_feature_views()->mutable_spec();
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kSpec, view));
      view->set_name(name);
      view->mutable_batch_source()->set_name("source of " + name);
      OnlineTable table;
      table.project = "p";
      table.view = name;
      EXPECT_TRUE(memory_
                      .UpdateInfrastructure(
                          {}, {{std::make_shared<const OnlineTable>(std::move(table))}, {}})
                      .ok());
    }
    registry_.Reset(std::move(registry));
    meeting_.rows = {{"1", kNoon, 1}};
  }
  Status Run(const MaterializeProgress& progress = {}) {
    Ingest ingest(
        registry_, &store_, [this]() -> Result<OfflineStore*> { return &meeting_; }, everybody_,
        clock_, options_);
    return ingest.Materialize({}, {.start = 0, .end = kNoon, .jobs = 3}, progress);
  }
  int Recorded() {
    int recorded = 0;
    for (const auto& view : registry_.proto().feature_views()) {
      recorded += view.meta().materialization_intervals_size();
    }
    return recorded;
  }
  MeetingOffline meeting_;
};

TEST_F(ParallelTest, ViewsAreWrittenAtOnce) {
  int64_t rows = 0;
  std::set<std::string> done;
  const Status status =
      Run({.rows_written = [&](const std::string&, int64_t n) { rows += n; },
           .view_done = [&](const std::string& view, int64_t) { done.insert(view); }});
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(rows, 5);
  EXPECT_EQ(done.size(), 5u);
  EXPECT_EQ(Recorded(), 5);
}

TEST_F(ParallelTest, AFailureEndsTheRunAndIsReported) {
  meeting_.fails = "source of b";
  const Status status = Run();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "materializing 'b': the source is away");
  EXPECT_LT(Recorded(), 5);
  EXPECT_EQ(registry_.proto().feature_views(1).meta().materialization_intervals_size(), 0);
}

/// Finishes no write before two of them are under way.
class MeetingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
             WriteDone done) override {
    std::vector<std::function<void()>> ready;
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back([=, this, batch = std::move(batch), done = std::move(done)]() mutable {
        ForwardingStore::Write(context, std::move(batch), std::move(done));
      });
      met_ = met_ || waiting_.size() == 2;
      if (met_) ready.swap(waiting_);
    }
    for (const auto& write : ready) write();
  }

 private:
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;  // guarded by mutex_
  bool met_ = false;                            // guarded by mutex_
};

TEST_F(IngestTest, PartsOfAViewAreWrittenAtOnce) {
  for (int i = 0; i < 50; ++i) offline_.rows.push_back({std::to_string(i), kNoon, i});
  MeetingStore meeting(memory_);
  Ingest ingest(
      registry_, &meeting, [this]() -> Result<OfflineStore*> { return &offline_; }, everybody_,
      clock_, options_);
  int64_t rows = 0;
  const Status status =
      ingest.Materialize({}, {.start = 0, .end = kNoon, .views = {"v"}, .jobs = 2},
                         {.rows_written = [&](const std::string&, int64_t n) { rows += n; }});
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(rows, 50);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Stored(std::to_string(i)), std::to_string(i) + " at 0");
  }
}

TEST_F(IngestTest, AFailureOfOnePartEndsTheOthers) {
  for (int i = 0; i < 50; ++i) offline_.rows.push_back({std::to_string(i), kNoon, i});
  store_.FailWrites(1, 5);
  int64_t rows = 0;
  const Status status =
      Materialize({.start = 0, .end = kNoon, .views = {"v"}, .jobs = 4},
                  {.rows_written = [&](const std::string&, int64_t n) { rows += n; }});
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), testing::HasSubstr("injected fault"));
  EXPECT_LT(rows, 50);
  EXPECT_EQ(Meta().materialization_intervals_size(), 0);
}

TEST_F(IngestTest, AVersionIsMaterializedAsItWas) {
  core::Registry registry = MakeRegistry();
  core::FeatureView old_view = registry.feature_views(0);
  old_view.mutable_spec()->mutable_batch_source()->set_name("old source");
  RecordVersion(&registry, {"p", "v", 1, "feature_view", old_view.SerializeAsString()}, 0);
  registry.mutable_feature_views(0)->mutable_spec()->mutable_features(0)->set_name("new name");
  registry.mutable_feature_views(0)->mutable_meta()->set_current_version_number(2);
  registry_.Reset(std::move(registry));
  options_.versioning = true;
  offline_.rows = {{"a", kNoon, 1.0}};
  const Status status = Materialize({.start = 0, .end = kNoon, .views = {"v"}, .version = "v1"});
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(offline_.pulled[0].read.source.name(), "old source");
  Keep(1);
  EXPECT_EQ(Stored("a"), "1 at 0");
  EXPECT_EQ(Materialize({.start = 0, .end = kNoon, .views = {"v"}, .version = "v9"}).message(),
            "Version v9 of feature view v does not exist in project p");
}

TEST_F(IngestTest, RefusalsCarryUpstreamsTexts) {
  struct Case {
    MaterializeRequest request;
    std::string text;
  };
  for (const Case& c : std::vector<Case>{
           {{.start = kNoon + 1, .end = kNoon},
            "The given start_date 2024-01-02 12:00:00.000001+00:00 is greater than the given "
            "end_date 2024-01-02 12:00:00+00:00."},
           {{.end = kNoon, .views = {"none"}}, "Feature view none does not exist in project p"},
           {{.end = kNoon, .views = {"hidden"}},
            "FeatureView hidden is not configured to be served online."},
           {{.end = kNoon, .views = {"labels"}},
            "LabelView labels cannot be materialized via materialize(). Use FeatureStore.push() to "
            "write labels."},
           {{.end = kNoon, .views = {"od"}},
            "OnDemandFeatureView od is not configured for write_to_online_store."},
           {{.end = kNoon, .views = {"off"}},
            "FeatureView off is disabled. Enable it before materializing."},
           {{.end = kNoon, .version = "v1"},
            "--version requires --views with exactly one feature view."},
           {{.end = kNoon, .views = {"v"}, .version = "v1"},
            "Version-aware materialization requires 'enable_online_feature_view_versioning: true' "
            "under 'registry' in feature_store.yaml."},
       }) {
    EXPECT_EQ(Materialize(c.request).message(), c.text);
  }
  EXPECT_EQ(MakeIngest().WriteOnline({}, "none", Stream({})).kind(),
            ErrorKind::kFeatureViewNotFound);
}

}  // namespace
}  // namespace feast
