#include <gtest/gtest.h>

#include <map>

#include "feast/auth/authorize.h"
#include "feast/ingest/ingest.h"
#include "feast/online/store_doubles.h"
#include "feast/registry/memory_registry.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

constexpr Micros kNow = 1704196800 * kMicrosPerSecond;

class FixedClock final : public Clock {
 public:
  Micros Now() const override { return kNow; }
};

/// Keeps what is written.
class RecordingStore final : public ReadOnlyStore {
 public:
  std::vector<std::shared_ptr<const WriteBatch>> written;

  std::string_view type() const override { return "sqlite"; }
  void Read(const CallContext&, std::vector<TableRead>, ReadDone done) override {
    done(std::vector<TableRows>());
  }
  void Write(const CallContext&, std::shared_ptr<const WriteBatch> batch, WriteDone done) override {
    written.push_back(std::move(batch));
    done(Status::OK());
  }
};

// Columns of 64-bit integers, all of the same length.
OwnedStream Numbers(const std::map<std::string, std::vector<int64_t>>& columns) {
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), static_cast<int64_t>(columns.size())), 0);
  int64_t place = 0;
  for (const auto& [name, values] : columns) {
    EXPECT_EQ(ArrowSchemaSetType(schema->children[place], NANOARROW_TYPE_INT64), 0);
    EXPECT_EQ(ArrowSchemaSetName(schema->children[place++], name.c_str()), 0);
  }
  OwnedArray array;
  EXPECT_EQ(ArrowArrayInitFromSchema(array.get(), schema.get(), nullptr), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  const size_t rows = columns.begin()->second.size();
  for (size_t row = 0; row < rows; ++row) {
    place = 0;
    for (const auto& [name, values] : columns) {
      EXPECT_EQ(ArrowArrayAppendInt(array->children[place++], values[row]), 0);
    }
    EXPECT_EQ(ArrowArrayFinishElement(array.get()), 0);
  }
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  std::vector<OwnedArray> batches;
  batches.push_back(std::move(array));
  return StreamOfBatches(std::move(schema), std::move(batches));
}

/// Answers with fixed rows, whatever it is given.
class FakeTransformer final : public Transformer {
 public:
  int runs = 0;
  Result<OwnedStream> Run(const CallContext&, const core::OnDemandFeatureView&, OwnedStream,
                          TransformFor use) override {
    EXPECT_EQ(use, TransformFor::kWriting);
    ++runs;
    return Numbers({{"driver_id", {7, 8}}, {"out", {70, 80}}});
  }
};

void AddField(google::protobuf::RepeatedPtrField<core::FeatureSpecV2>* fields, const char* name) {
  auto* field = fields->Add();
  field->set_name(name);
  field->set_value_type(types::ValueType::INT64);
}

core::Registry Definitions() {
  core::Registry registry;
  auto& computed = *registry.add_on_demand_feature_views()->mutable_spec();
  computed.set_name("computed");
  computed.set_project("p");
  auto& stored = *registry.add_on_demand_feature_views()->mutable_spec();
  stored.set_name("stored");
  stored.set_project("p");
  stored.set_write_to_online_store(true);
  AddField(stored.mutable_entity_columns(), "driver_id");
  AddField(stored.mutable_features(), "out");
  auto* projection = (*stored.mutable_sources())["plain"].mutable_feature_view_projection();
  projection->set_feature_view_name("plain");
  for (const char* name : {"plain", "coded"}) {
    auto& view = *registry.add_feature_views()->mutable_spec();
    view.set_name(name);
    view.set_project("p");
    view.set_online(std::string(name) == "plain");
    view.mutable_ttl()->set_seconds(60);
    AddField(view.mutable_entity_columns(), "driver_id");
    AddField(view.mutable_features(), "x");
    view.mutable_batch_source()->set_timestamp_field("event_timestamp");
  }
  auto& coded = *registry.mutable_feature_views(1)->mutable_spec();
  coded.mutable_feature_transformation()->mutable_user_defined_function()->set_body_text("def f");
  return registry;
}

class OnDemandWritesTest : public ::testing::Test {
 protected:
  OnDemandWrites Writes() {
    OnDemandWrites writes;
    writes.serving = &serving_;
    writes.batch = &batch_;
    writes.source_rows = [this](const CallContext&, const core::OnDemandFeatureView& view,
                                Micros start, Micros end) -> Result<OwnedStream> {
      asked_ = view.spec().name() + " " + std::to_string((end - start) / kMicrosPerSecond);
      return Numbers({{"driver_id", {1}}, {"plain__x", {1}}});
    };
    return writes;
  }

  MemoryRegistry registry_{Definitions()};
  RecordingStore store_;
  FakeTransformer serving_;
  FakeTransformer batch_;
  std::string asked_;
  NoAuthorizer authorizer_;
  FixedClock clock_;
  Ingest ingest_{
      registry_,
      &store_,
      []() -> Result<OfflineStore*> { return Status::Internal("no offline store here"); },
      authorizer_,
      clock_,
      {.project = "p"},
      Writes()};
};

std::string BytesOf(int64_t value) {
  types::Value message;
  message.set_int64_val(value);
  return message.SerializeAsString();
}

TEST_F(OnDemandWritesTest, StoredOnDemandViewIsComputedAndStamped) {
  const Status status =
      ingest_.WriteOnline({}, "stored", Numbers({{"driver_id", {1}}, {"x", {1}}}));
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_EQ(store_.written.size(), 1u);
  const WriteBatch& batch = *store_.written[0];
  EXPECT_EQ(batch.table->Name(), "p_stored");
  EXPECT_EQ(batch.features[0].Row(1), BytesOf(80));
  EXPECT_EQ(batch.event_times, (std::vector<Micros>{kNow, kNow}));
  EXPECT_EQ(serving_.runs, 1);
  EXPECT_EQ(batch_.runs, 0);
}

TEST_F(OnDemandWritesTest, RunsOfATrackedViewAreTimed) {
  core::Registry definitions = Definitions();
  auto& spec = *definitions.mutable_on_demand_feature_views(1)->mutable_spec();
  spec.set_mode("pandas");
  (*spec.mutable_tags())["feast:track_metrics"] = "true";
  MemoryRegistry registry(std::move(definitions));
  Ingest tracking(registry, &store_, nullptr, authorizer_, clock_, {.project = "p"}, Writes());
  std::string timed;
  const auto write = [&](Ingest& ingest, bool transform) {
    auto rows = Numbers({{"driver_id", {1}}, {"x", {1}}, {"out", {5}}});
    const auto note = [&](const TransformTime& time) {
      EXPECT_GE(time.seconds, 0);
      timed += time.view + " " + time.mode;
    };
    const Status status = ingest.WriteOnline({}, "stored", std::move(rows), transform, note);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return timed;
  };
  EXPECT_EQ(write(ingest_, true), "") << "nobody asked";
  EXPECT_EQ(write(tracking, false), "") << "nothing ran";
  EXPECT_EQ(write(tracking, true), "stored pandas");
}

TEST_F(OnDemandWritesTest, TransformedRowsAreWrittenAsTheyAre) {
  const auto rows = [] { return Numbers({{"driver_id", {1}}, {"out", {5}}}); };
  const Status status = ingest_.WriteOnline({}, "stored", rows(), /*transform_on_write=*/false);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_EQ(store_.written.size(), 1u);
  EXPECT_EQ(store_.written[0]->features[0].Row(0), BytesOf(5));
  EXPECT_EQ(store_.written[0]->event_times[0], kNow);
  EXPECT_EQ(serving_.runs, 0);
}

TEST_F(OnDemandWritesTest, OnDemandViewThatIsNotStoredTakesNoRows) {
  const Status status = ingest_.WriteOnline({}, "computed", Numbers({{"x", {1}}}));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status.ToString();
  EXPECT_NE(status.message().find("write_to_online_store=True"), std::string::npos);
}

TEST_F(OnDemandWritesTest, IncrementalMaterializationOfStoredViewReachesBackOneTtl) {
  MaterializeRequest request;
  request.end = kNow;
  request.views = {"stored"};
  int64_t rows = 0;
  MaterializeProgress progress;
  progress.view_done = [&](const std::string&, int64_t count) { rows = count; };
  const Status status = ingest_.Materialize({}, request, progress);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(asked_, "stored 60");
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(batch_.runs, 1);
  EXPECT_EQ(serving_.runs, 0);
}

TEST_F(OnDemandWritesTest, CodeOfBatchViewsIsNotRunYet) {
  core::Registry definitions = Definitions();
  definitions.mutable_feature_views(1)->mutable_spec()->set_online(true);
  MemoryRegistry registry(std::move(definitions));
  Ingest ingest(registry, &store_, {}, authorizer_, clock_, {.project = "p"}, Writes());
  MaterializeRequest request;
  request.end = kNow;
  const Status status = ingest.Materialize({}, request, {});
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << status.ToString();
  EXPECT_NE(status.message().find("FeatureView 'coded'"), std::string::npos) << status.message();
  EXPECT_TRUE(store_.written.empty());
}

}  // namespace
}  // namespace feast
