#include "feast/ingest/vector_refresh.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "feast/core/PrecomputedFeatureVector.pb.h"
#include "feast/online/faulty_store.h"
#include "feast/online/memory_store.h"
#include "feast/online/view_table.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

constexpr Micros kNoon = 1704196800 * kMicrosPerSecond;

// `svc` has vectors; `mixed` has two entity keys, `computed` runs code, `plain` is not flagged.
constexpr const char* kRegistry = R"(
  entities { spec { name: 'user' project: 'p' join_key: 'id' value_type: STRING } }
  feature_views { spec { name: 'a' project: 'p' online: true entity_columns { name: 'id' value_type: STRING }
    features { name: 'x' value_type: STRING } features { name: 'y' value_type: STRING } } }
  feature_views { spec { name: 'b' project: 'p' online: true entity_columns { name: 'id' value_type: STRING }
    features { name: 'z' value_type: STRING } } }
  feature_views { spec { name: 'c' project: 'p' online: true entity_columns { name: 'shop' value_type: STRING }
    features { name: 'w' value_type: STRING } } }
  on_demand_feature_views { spec { name: 'od' project: 'p' mode: 'python' features { name: 'o' value_type: STRING } } }
  feature_services { spec { name: 'svc' project: 'p' precompute_online: true
    features { feature_view_name: 'b' feature_view_name_alias: 'other' feature_columns { name: 'z' } }
    features { feature_view_name: 'a' feature_columns { name: 'y' } } } }
  feature_services { spec { name: 'mixed' project: 'p' precompute_online: true
    features { feature_view_name: 'a' feature_columns { name: 'x' } }
    features { feature_view_name: 'c' feature_columns { name: 'w' } } } }
  feature_services { spec { name: 'computed' project: 'p' precompute_online: true
    features { feature_view_name: 'a' feature_columns { name: 'x' } }
    features { feature_view_name: 'od' feature_columns { name: 'o' } } } }
  feature_services { spec { name: 'plain' project: 'p'
    features { feature_view_name: 'a' feature_columns { name: 'x' } } } }
)";

std::shared_ptr<const RegistrySnapshot> Snapshot() {
  core::Registry registry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kRegistry, &registry));
  return RegistrySnapshot::Make(std::move(registry));
}

std::string Text(const std::string& text) {
  types::Value value;
  value.set_string_val(text);
  return value.SerializeAsString();
}

class VectorRefreshTest : public testing::Test {
 protected:
  VectorRefreshTest() {
    EXPECT_TRUE(memory_.UpdateInfrastructure({}, {{a_, b_, vectors_}, {}}).ok());
  }
  static std::shared_ptr<const OnlineTable> Table(const std::string& view) {
    OnlineTable table;
    table.project = "p";
    table.view = view;
    return std::make_shared<const OnlineTable>(std::move(table));
  }
  std::shared_ptr<const WriteBatch> Write(const std::shared_ptr<const OnlineTable>& table,
                                          const std::string& key, Micros time,
                                          const std::map<std::string, std::string>& values) {
    auto batch = std::make_shared<WriteBatch>();
    batch->table = table;
    batch->keys = {"", ValueType::kInvalid, key, {key.size()}};
    batch->event_times = {time};
    batch->created_times = {std::nullopt};
    for (const auto& [name, value] : values) {
      batch->features.push_back({name, ValueType::kString, value, {value.size()}});
    }
    EXPECT_TRUE(memory_.WriteAndWait({}, batch).ok());
    return batch;
  }
  /// "name=text …; view at seconds after noon …; made at seconds after noon", or "nothing".
  std::string Vector(const std::string& key) {
    const auto rows = memory_.ReadAndWait({}, {{vectors_, {"vector"}, {key}}});
    EXPECT_TRUE(rows.ok());
    if (!(*rows)[0].cells[0].found) return "nothing";
    types::Value value;
    core::PrecomputedFeatureVector vector;
    EXPECT_TRUE(value.ParseFromString(std::string((*rows)[0].cells[0].value)));
    EXPECT_TRUE(vector.ParseFromString(value.bytes_val()));
    const auto after_noon = [](const google::protobuf::Timestamp& time) {
      return std::to_string(time.seconds() - kNoon / kMicrosPerSecond);
    };
    std::string text;
    for (int i = 0; i < vector.values_size(); ++i) {
      text += vector.feature_names(i) + "=" + vector.values(i).string_val() + " ";
    }
    for (const auto& time : vector.fv_timestamps()) {
      text += time.feature_view_name() + "@" + after_noon(time.event_timestamp()) + " ";
    }
    return text + "made@" + after_noon(vector.precomputed_at());
  }
  VectorRefresh Refresh() {
    return VectorRefresh(
        store_, clock_,
        std::make_shared<const VectorPlans>(*Snapshot(), ResolveOptions{.project = "p"}));
  }

  MemoryStore memory_;
  FaultyStore store_{memory_};
  FixedClock clock_{kNoon};
  const std::shared_ptr<const OnlineTable> a_ = Table("a");
  const std::shared_ptr<const OnlineTable> b_ = Table("b");
  const std::shared_ptr<const OnlineTable> vectors_ =
      VectorTableOf("svc", {{"id", ValueType::kString}}, "p");
};

TEST_F(VectorRefreshTest, WritesTheVectorsOfChangedEntities) {
  VectorRefresh refresh = Refresh();
  ASSERT_TRUE(
      refresh.Wrote({}, *Write(a_, "k1", kNoon, {{"x", Text("x1")}, {"y", Text("y1")}})).ok());
  ASSERT_TRUE(
      refresh.Wrote({}, *Write(b_, "k2", kNoon + kMicrosPerSecond, {{"z", Text("z2")}})).ok());
  EXPECT_EQ(Vector("k1"), "nothing") << "not before the flush";
  ASSERT_TRUE(refresh.Flush({}).ok());
  EXPECT_EQ(Vector("k1"), "other__z= a__y=y1 a@0 made@0");
  EXPECT_EQ(Vector("k2"), "other__z=z2 a__y= other@1 made@0");
  EXPECT_TRUE(refresh.Covers(*a_));
  EXPECT_FALSE(refresh.Covers(*Table("c")));
  const OnlineTable old{"p", "a", 3, {}, {}};
  EXPECT_FALSE(refresh.Covers(old)) << "a version that the service does not read";
}

TEST_F(VectorRefreshTest, AFailedFlushNamesTheServiceAndCanBeRepeated) {
  VectorRefresh refresh = Refresh();
  ASSERT_TRUE(refresh.Wrote({}, *Write(a_, "k1", kNoon, {{"y", Text("y1")}})).ok());
  store_.FailWrites(1);
  const Status failed = refresh.Flush({});
  EXPECT_EQ(failed.message(),
            "rows are written, but not the vectors of the precomputed feature service 'svc': "
            "injected fault");
  ASSERT_TRUE(refresh.Flush({}).ok());
  EXPECT_EQ(Vector("k1"), "other__z= a__y=y1 a@0 made@0");
}

TEST_F(VectorRefreshTest, WritesAllEntitiesOfAllViewsOnce) {
  Write(a_, "k1", kNoon, {{"y", Text("y1")}});
  Write(b_, "k1", kNoon, {{"z", Text("z1")}});
  Write(b_, "k2", kNoon, {{"z", Text("z2")}});
  const auto written = Refresh().WriteAll({}, "svc");
  ASSERT_TRUE(written.ok()) << written.status().ToString();
  EXPECT_EQ(*written, 2);
  EXPECT_EQ(Vector("k1"), "other__z=z1 a__y=y1 other@0 a@0 made@0");
  EXPECT_EQ(Vector("k2"), "other__z=z2 a__y= other@0 made@0");
  for (const char* service : {"plain", "mixed", "computed", "none"}) {
    const auto refused = Refresh().WriteAll({}, service);
    EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument) << service;
    EXPECT_NE(refused.status().message().find(service), std::string::npos);
  }
}

}  // namespace
}  // namespace feast
