#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>

#include "feast/codec/entity_key.h"
#include "feast/codec/feature_vector.h"
#include "feast/codec/wire_format.h"
#include "feast/core/Registry.pb.h"
#include "feast/online/memory_store.h"
#include "feast/online/store_doubles.h"
#include "feast/online/view_table.h"
#include "feast/registry/memory_registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/types/Value.pb.h"

namespace feast {
namespace {

constexpr Micros kNow = 1704196800 * kMicrosPerSecond;
constexpr Micros kHour = 3600 * kMicrosPerSecond;

constexpr const char* kRegistry = R"(
  projects { spec { name: 'p' } }
  entities { spec { name: 'user' project: 'p' join_key: 'id' value_type: STRING } }
  feature_views { spec { name: 'a' project: 'p' online: true ttl { seconds: 3600 }
    entity_columns { name: 'id' value_type: STRING }
    features { name: 'x' value_type: STRING } features { name: 'y' value_type: STRING } } }
  feature_views { spec { name: 'b' project: 'p' online: true
    entity_columns { name: 'id' value_type: STRING } features { name: 'z' value_type: STRING } } }
  feature_services { spec { name: 'svc' project: 'p' precompute_online: true
    features { feature_view_name: 'a' feature_columns { name: 'x' } feature_columns { name: 'y' } }
    features { feature_view_name: 'b' feature_columns { name: 'z' } } } }
)";

std::string Text(const std::string& text) {
  if (text.empty()) return "";
  types::Value value;
  value.set_string_val(text);
  return value.SerializeAsString();
}

std::vector<RawValue> Texts(const std::vector<std::string>& texts) {
  std::vector<RawValue> values;
  values.reserve(texts.size());
  for (const auto& text : texts) values.push_back(RawValue{text});
  return values;
}

/// A store that remembers how it was asked.
class CountingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::vector<std::vector<std::string>> asked;  ///< tables of each read

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    auto& tables = asked.emplace_back();
    for (const TableRead& read : reads) {
      tables.push_back(read.table->Name() + ":" + std::to_string(read.keys.size()));
    }
    real().Read(context, std::move(reads), std::move(done));
  }
};

class VectorReadTest : public testing::Test {
 protected:
  VectorReadTest() {
    core::Registry registry;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kRegistry, &registry));
    registry_.emplace(std::move(registry));
    Keep({Table("a"), Table("b"), VectorTable()});
  }
  static std::shared_ptr<const OnlineTable> Table(const std::string& view) {
    OnlineTable table;
    table.project = "p";
    table.view = view;
    return std::make_shared<const OnlineTable>(std::move(table));
  }
  static std::shared_ptr<const OnlineTable> VectorTable() {
    return VectorTableOf("svc", {{"id", ValueType::kString}}, "p");
  }
  void Keep(std::vector<std::shared_ptr<const OnlineTable>> tables) {
    EXPECT_TRUE(memory_.UpdateInfrastructure({}, {std::move(tables), {}}).ok());
  }
  static std::string Key(const std::string& id) {
    auto encoder = EntityKeyEncoder::Make({{"id", ValueType::kString}}, 3);
    const RawValue value{id};
    const RawValue* pointer = &value;
    std::string key;
    EXPECT_TRUE(encoder->Append(std::span(&pointer, 1), &key).ok());
    return key;
  }
  void Write(const std::shared_ptr<const OnlineTable>& table, const std::string& id, Micros time,
             const std::map<std::string, std::string>& values) {
    auto batch = std::make_shared<WriteBatch>();
    batch->table = table;
    batch->keys.bytes = Key(id);
    batch->keys.ends = {batch->keys.bytes.size()};
    batch->event_times = {time};
    batch->created_times = {std::nullopt};
    for (const auto& [name, value] : values) {
      batch->features.push_back({name, ValueType::kString, value, {value.size()}});
    }
    EXPECT_TRUE(memory_.WriteAndWait({}, batch).ok());
  }
  /// A vector whose texts differ from the rows', so that an answer says where it comes from.
  void WriteVector(const std::string& id, const std::vector<std::string>& texts,
                   const std::vector<std::optional<Micros>>& times,
                   const std::vector<std::string>& features = {"x", "y"}) {
    const FeatureVectorCodec codec({{"a", features}, {"b", {"z"}}});
    std::vector<std::string> values;
    values.reserve(texts.size());
    for (const auto& text : texts) values.push_back(Text(text));
    std::string vector;
    std::string value;
    codec.Append(std::vector<std::string_view>(values.begin(), values.end()), times, kNow, &vector);
    AppendBytesField(1, vector, &value);
    Write(VectorTable(), id, kNow, {{"vector", value}});
  }
  /// "name: text status seconds before now | …" a column but the key's, a line each.
  std::string Get(const std::vector<std::string>& ids) {
    OnlineRetriever retriever(*registry_, &store_, nullptr, everybody_, clock_, options_);
    OnlineRequest request;
    request.feature_service = "svc";
    request.entities = {{"id", Texts(ids)}};
    store_.asked.clear();
    const auto answer = retriever.RetrieveAndWait({}, request);
    if (!answer.ok()) return answer.status().ToString();
    std::string text;
    for (const OnlineColumn& column : answer->columns) {
      if (column.name == "id") continue;
      text.append(column.name).append(":");
      for (size_t row = 0; row < ids.size(); ++row) {
        types::Value value;
        EXPECT_TRUE(value.ParseFromString(std::string(column.values[row])));
        const Micros time = column.event_times[row];
        text += " " + value.string_val() + "/" +
                std::to_string(static_cast<int>(column.statuses[row])) + "/" +
                (time == 0 ? "never" : std::to_string((kNow - time) / kMicrosPerSecond));
      }
      text += "\n";
    }
    return text;
  }

  std::optional<MemoryRegistry> registry_;
  MemoryStore memory_;
  CountingStore store_{memory_};
  FixedClock clock_{kNow};
  NoAuthorizer everybody_;
  RetrievalOptions options_{.resolve = {.project = "p"}};
};

using Asked = std::vector<std::vector<std::string>>;

TEST_F(VectorReadTest, OneReadAnswersAllViews) {
  WriteVector("1", {"vx", "", "vz"}, {kNow - 5 * kMicrosPerSecond, kNow});
  WriteVector("2", {"wx", "wy", ""}, {kNow - 2 * kHour, std::nullopt});
  // A row of a, present null; expired by a's ttl; nothing in b.
  EXPECT_EQ(Get({"2", "1", "2"}),
            "x: wx/4/7200 vx/1/5 wx/4/7200\n"
            "y: wy/4/7200 /1/5 wy/4/7200\n"
            "z: /3/never vz/1/0 /3/never\n");
  EXPECT_EQ(store_.asked, (Asked{{"p___precomputed__svc:2"}}));
}

TEST_F(VectorReadTest, EntitiesWithoutAVectorAreReadFromTheViews) {
  WriteVector("1", {"vx", "vy", "vz"}, {kNow, kNow});
  Write(Table("a"), "2", kNow, {{"x", Text("rx")}});
  EXPECT_EQ(Get({"1", "2", "3"}),
            "x: vx/1/0 rx/1/0 /3/never\n"
            "y: vy/1/0 /3/0 /3/never\n"
            "z: vz/1/0 /3/never /3/never\n");
  EXPECT_EQ(store_.asked, (Asked{{"p___precomputed__svc:3"}, {"p_a:2", "p_b:2"}}));
}

TEST_F(VectorReadTest, VectorsOfOtherFeaturesAndForeignBytesAreNotUsed) {
  Write(Table("a"), "1", kNow, {{"x", Text("rx")}, {"y", Text("ry")}});
  Write(Table("b"), "1", kNow, {{"z", Text("rz")}});
  const std::string rows = "x: rx/1/0\ny: ry/1/0\nz: rz/1/0\n";
  WriteVector("1", {"vx", "vw", "vz"}, {kNow, kNow}, {"x", "w"});
  EXPECT_EQ(Get({"1"}), rows) << "the definition has changed since";
  Write(VectorTable(), "1", kNow + 1, {{"vector", Text("no bytes")}});
  EXPECT_EQ(Get({"1"}), rows);
  Write(VectorTable(), "1", kNow + 2, {{"vector", "\x0a\x02\x0a\x7f"}});
  EXPECT_EQ(Get({"1"}), rows) << "a damaged vector";
}

TEST_F(VectorReadTest, WithoutATableOfVectorsTheViewsAnswer) {
  EXPECT_TRUE(memory_.UpdateInfrastructure({}, {{}, {VectorTable()}}).ok());
  Write(Table("b"), "1", kNow, {{"z", Text("rz")}});
  EXPECT_EQ(Get({"1"}), "x: /3/never\ny: /3/never\nz: rz/1/0\n");
  EXPECT_TRUE(memory_.UpdateInfrastructure({}, {{}, {Table("b")}}).ok());
  EXPECT_NE(Get({"1"}).find("there is no table p_b"), std::string::npos);
}

}  // namespace
}  // namespace feast
