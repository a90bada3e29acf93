#include "feast/retrieval/online_retriever.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "feast/codec/value_bytes.h"
#include "feast/core/Registry.pb.h"
#include "feast/definitions/view_facts.h"
#include "feast/online/faulty_store.h"
#include "feast/online/store_doubles.h"
#include "feast/registry/memory_registry.h"
#include "feast/registry/versions.h"

namespace feast {
namespace {

constexpr Micros kNow = 1704196800 * kMicrosPerSecond;
constexpr Micros kHour = 3600 * kMicrosPerSecond;

/// Answers every key of a table with the same row, except keys that hold "404"; counts keys.
class FakeStore final : public ReadOnlyStore {
 public:
  struct Row {
    Micros time = kNow;
    std::map<std::string, std::string> values;
  };
  std::map<std::string, Row> tables;
  size_t keys_read = 0;
  std::string_view type_word = "sqlite";

  std::string_view type() const override { return type_word; }
  void Read(const CallContext&, std::vector<TableRead> reads, ReadDone done) override {
    std::vector<TableRows> answers;
    for (const auto& read : reads) {
      TableRows rows;
      const Row& row = tables[read.table->Name()];
      for (const auto& key : read.keys) {
        ++keys_read;
        const bool known = key.find("404") == std::string::npos;
        rows.event_times.push_back(known ? std::optional(row.time) : std::nullopt);
        for (const auto& feature : read.features) {
          const auto value = row.values.find(feature);
          const bool found = known && value != row.values.end();
          rows.cells.push_back({found ? std::string_view(value->second) : "", found});
        }
      }
      answers.push_back(std::move(rows));
    }
    done(std::move(answers));
  }
};

void AddField(google::protobuf::RepeatedPtrField<core::FeatureSpecV2>* fields,
              const std::string& name, ValueType type) {
  auto* field = fields->Add();
  field->set_name(name);
  field->set_value_type(static_cast<types::ValueType_Enum>(type));
}

core::FeatureView* AddView(core::Registry* registry, const std::string& name,
                           const std::vector<std::string>& entities,
                           const std::vector<std::string>& features) {
  auto* view = registry->add_feature_views();
  auto* spec = view->mutable_spec();
  spec->set_name(name);
  spec->set_project("p");
  spec->set_online(true);
  for (const auto& entity : entities) {
    spec->add_entities(entity);
    AddField(spec->mutable_entity_columns(), entity + "_id", ValueType::kString);
  }
  if (entities.empty()) {
    spec->add_entities(std::string(kDummyEntity));
    AddField(spec->mutable_entity_columns(), std::string(kDummyJoinKey), ValueType::kString);
  }
  for (const auto& feature : features) {
    AddField(spec->mutable_features(), feature, ValueType::kString);
  }
  return view;
}

core::Registry MakeRegistry() {
  core::Registry registry;
  registry.add_projects()->mutable_spec()->set_name("p");
  for (const std::string name : {"driver", "shop"}) {
    auto* spec = registry.add_entities()->mutable_spec();
    spec->set_name(name);
    spec->set_project("p");
    spec->set_join_key(name + "_id");
    spec->set_value_type(types::ValueType_Enum_STRING);
  }
  AddView(&registry, "stats", {"driver"}, {"rate", "trips"})
      ->mutable_spec()
      ->mutable_ttl()
      ->set_seconds(3600);
  AddView(&registry, "more", {"driver"}, {"rate"});
  AddView(&registry, "pair", {"driver", "shop"}, {"x"});
  AddView(&registry, "world", {}, {"mood"});
  AddView(&registry, "off", {"driver"}, {"x2"})->mutable_spec()->set_disabled(true);
  auto* spec = registry.add_on_demand_feature_views()->mutable_spec();
  spec->set_name("od");
  spec->set_project("p");
  spec->set_mode("python");
  AddField(spec->mutable_features(), "out", ValueType::kString);
  AddField((*spec->mutable_sources())["req"]
               .mutable_request_data_source()
               ->mutable_request_data_options()
               ->mutable_schema(),
           "amount", ValueType::kDouble);
  auto* projection = (*spec->mutable_sources())["stats"].mutable_feature_view_projection();
  projection->set_feature_view_name("stats");
  AddField(projection->mutable_feature_columns(), "rate", ValueType::kString);
  auto* service = registry.add_feature_services()->mutable_spec();
  service->set_name("svc");
  service->set_project("p");
  auto* aliased = service->add_features();
  aliased->set_feature_view_name("stats");
  aliased->set_feature_view_name_alias("origin");
  (*aliased->mutable_join_key_map())["driver_id"] = "origin_id";
  AddField(aliased->mutable_feature_columns(), "rate", ValueType::kString);
  return registry;
}

std::string Bytes(const std::string& text) {
  std::string bytes;
  EXPECT_TRUE(AppendValueBytes(RawValue{text}, ValueType::kString, &bytes).ok());
  return bytes;
}

std::vector<RawValue> Texts(const std::vector<std::string>& texts) {
  std::vector<RawValue> values;
  values.reserve(texts.size());
  for (const auto& text : texts) values.push_back(RawValue{text});
  return values;
}

class OnlineRetrieverTest : public testing::Test {
 protected:
  OnlineRetrieverTest() : registry_(MakeRegistry()) {
    options_.resolve.project = "p";
    store_.tables["p_stats"] = {kNow, {{"rate", Bytes("r")}, {"trips", ""}}};
    store_.tables["p_more"] = {kNow, {{"rate", Bytes("m")}}};
    store_.tables["p_world"] = {kNow, {{"mood", Bytes("sunny")}}};
    request_.entities = {{"driver_id", Texts({"1"})}};
  }
  Result<OnlineResponse> Get() { return GetFrom(&store_); }
  Result<OnlineResponse> GetFrom(OnlineStore* store) {
    OnlineRetriever retriever(registry_, store, nullptr, everybody_, clock_, options_);
    return retriever.RetrieveAndWait({}, request_);
  }
  static std::vector<std::string> Names(const OnlineResponse& response) {
    std::vector<std::string> names;
    for (const auto& column : response.columns) names.emplace_back(column.name);
    return names;
  }

  MemoryRegistry registry_;
  FakeStore store_;
  FixedClock clock_{kNow};
  NoAuthorizer everybody_;
  RetrievalOptions options_;
  OnlineRequest request_;
};

using NameList = std::vector<std::string>;

TEST_F(OnlineRetrieverTest, ReadsEachKeyOnceAndFansOut) {
  request_.features = {"stats:trips", "stats:rate"};
  request_.entities = {{"driver_id", Texts({"1", "404", "1"})},
                       {"unknown", Texts({"a", "b", "c"})}};
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), (NameList{"driver_id", "trips", "rate"}));
  EXPECT_EQ(store_.keys_read, 2U);
  const auto& trips = response->columns[1];
  const auto& rate = response->columns[2];
  using enum FieldStatus;
  EXPECT_TRUE(std::ranges::equal(rate.statuses, std::vector{kPresent, kNotFound, kPresent}));
  EXPECT_TRUE(std::ranges::equal(rate.event_times, std::vector<Micros>{kNow, 0, kNow}));
  EXPECT_EQ(rate.values[2], Bytes("r"));
  EXPECT_EQ(trips.statuses[0], kPresent) << "a stored null is present";
  EXPECT_EQ(trips.values[0], "");
  EXPECT_EQ(response->columns[0].statuses[1], kPresent);
  EXPECT_EQ(response->columns[0].event_times[0], 0);
}

TEST_F(OnlineRetrieverTest, FlagsEnforcesOrIgnoresTtl) {
  request_.features = {"stats:rate"};
  struct Case {
    Micros age;
    RetrievalOptions::Ttl ttl;
    FieldStatus status;
    bool has_value;
  };
  using Ttl = RetrievalOptions::Ttl;
  for (const Case& c : {Case{kHour, Ttl::kFlag, FieldStatus::kPresent, true},
                        Case{kHour + 1, Ttl::kFlag, FieldStatus::kOutsideMaxAge, true},
                        Case{kHour + 1, Ttl::kEnforce, FieldStatus::kOutsideMaxAge, false},
                        Case{kHour + 1, Ttl::kIgnore, FieldStatus::kPresent, true}}) {
    clock_.Set(kNow + c.age);
    options_.ttl = c.ttl;
    const auto response = Get();
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_EQ(response->columns[1].statuses[0], c.status) << c.age;
    EXPECT_EQ(!response->columns[1].values[0].empty(), c.has_value) << c.age;
  }
}

TEST_F(OnlineRetrieverTest, FullNames) {
  request_.features = {"stats:rate", "more:rate"};
  request_.full_feature_names = true;
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), (NameList{"driver_id", "stats__rate", "more__rate"}));
  EXPECT_EQ(response->columns[2].values[0], Bytes("m"));
}

TEST_F(OnlineRetrieverTest, ServiceWithAliasAndJoinKeyMap) {
  request_.feature_service = "svc";
  request_.full_feature_names = true;
  request_.entities = {{"origin_id", Texts({"1"})}};
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), (NameList{"origin_id", "origin__rate"}));
  EXPECT_EQ(response->columns[1].values[0], Bytes("r"));
}

TEST_F(OnlineRetrieverTest, EntityNameMeansItsJoinKey) {
  request_.features = {"stats:rate"};
  request_.entities = {{"driver", Texts({"1"})}};
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), (NameList{"driver_id", "rate"}));
}

TEST_F(OnlineRetrieverTest, EntitylessViewHasOneKeyForAllRows) {
  request_.features = {"world:mood"};
  request_.entities = {{"whatever", Texts({"a", "b"})}};
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), NameList{"mood"});
  EXPECT_EQ(response->columns[0].values[1], Bytes("sunny"));
  EXPECT_EQ(store_.keys_read, 1U);
}

TEST_F(OnlineRetrieverTest, PartOfACompositeKeyFindsNothing) {
  request_.features = {"pair:x"};
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->columns[1].statuses[0], FieldStatus::kNotFound);
  EXPECT_EQ(store_.keys_read, 0U);
}

TEST_F(OnlineRetrieverTest, OnDemandWithoutWorkersSaysSo) {
  request_.features = {"od:out"};
  request_.entities.push_back({"amount", {RawValue{1.5}}});
  EXPECT_EQ(Get().status().code(), StatusCode::kUnimplemented);
}

TEST_F(OnlineRetrieverTest, FullNamesLeaveOutPythonOutputsWhereUpstreamDoes) {
  request_.features = {"stats:rate", "od:out"};
  request_.full_feature_names = true;
  request_.entities.push_back({"amount", {RawValue{1.5}}});
  options_.drop_python_full_names = true;
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), (NameList{"driver_id", "stats__rate"}));
  options_.drop_python_full_names = false;
  EXPECT_EQ(Get().status().code(), StatusCode::kUnimplemented) << "the view is asked to run";
}

/// `stats` is at v2, and was once at v1.
void AddVersions(MemoryRegistry* registry) {
  const Status changed = registry->Mutate({}, [](core::Registry* content) {
    core::FeatureView* view = content->mutable_feature_views(0);
    RecordVersion(content, {"p", "stats", 1, "feature_view", view->SerializeAsString()}, 0);
    RecordVersion(content, {"p", "stats", 0, "feature_view", view->SerializeAsString()}, 0);
    view->mutable_meta()->set_current_version_number(2);
    return Status::OK();
  });
  EXPECT_TRUE(changed.ok());
}

TEST_F(OnlineRetrieverTest, EveryVersionIsReadFromItsOwnTable) {
  AddVersions(&registry_);
  store_.tables["p_stats"].values["rate"] = Bytes("zero");
  store_.tables["p_stats_v1"] = {kNow, {{"rate", Bytes("one")}}};
  store_.tables["p_stats_v2"] = {kNow, {{"rate", Bytes("two")}}};
  options_.resolve.versioning = true;
  request_.include_version_metadata = true;
  struct Case {
    std::string reference;
    std::string column;
    std::string value;
    int version;
  };
  for (const Case& c : {Case{"stats:rate", "stats__rate", "two", 2},
                        Case{"stats@latest:rate", "stats__rate", "two", 2},
                        Case{"stats@v2:rate", "stats@v2__rate", "two", 2},
                        Case{"stats@v1:rate", "stats@v1__rate", "one", 1},
                        Case{"stats@v0:rate", "stats@v0__rate", "zero", 0}}) {
    request_.features = {c.reference};
    for (const bool full : {true, false}) {
      request_.full_feature_names = full;
      const auto response = Get();
      ASSERT_TRUE(response.ok()) << response.status().ToString();
      EXPECT_EQ(response->columns[1].name, full ? c.column : "rate") << c.reference;
      EXPECT_EQ(response->columns[1].values[0], Bytes(c.value)) << c.reference;
      EXPECT_EQ(response->view_versions[0], std::pair(std::string("stats"), c.version));
    }
  }
  options_.resolve.versioning = false;
  request_.features = {"stats@latest:rate"};
  EXPECT_EQ(Get()->columns[1].values[0], Bytes("zero")) << "one table for all versions";
}

TEST_F(OnlineRetrieverTest, StoresThatKeepNoVersionsSaySo) {
  AddVersions(&registry_);
  options_.resolve.versioning = true;
  store_.type_word = "remote";
  request_.features = {"stats@v1:rate"};
  const Status status = Get().status();
  EXPECT_EQ(status.kind(), ErrorKind::kVersionedOnlineReadNotSupported);
  EXPECT_EQ(status.message().substr(0, 68),
            "Versioned feature reads (@v1) are not yet supported by remote. Curre");
  request_.features = {"stats:rate"};
  EXPECT_TRUE(Get().ok()) << "the current version is read from there";
}

TEST_F(OnlineRetrieverTest, AStoredOnDemandViewIsReadLikeAnyView) {
  ASSERT_TRUE(registry_
                  .Mutate({},
                          [](core::Registry* content) {
                            auto* spec = content->add_on_demand_feature_views()->mutable_spec();
                            spec->set_name("kept");
                            spec->set_project("p");
                            spec->set_write_to_online_store(true);
                            AddField(spec->mutable_entity_columns(), "driver_id",
                                     ValueType::kString);
                            AddField(spec->mutable_features(), "half", ValueType::kString);
                            return Status::OK();
                          })
                  .ok());
  store_.tables["p_kept"] = {kNow, {{"half", Bytes("h")}}};
  request_.features = {"kept:half"};
  const auto response = Get();
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(Names(*response), (NameList{"driver_id", "half"}));
  EXPECT_EQ(response->columns[1].values[0], Bytes("h"));
  EXPECT_TRUE(response->store_seconds);
}

TEST_F(OnlineRetrieverTest, ANewRegistryGenerationIsSeenAtOnce) {
  OnlineRetriever retriever(registry_, &store_, nullptr, everybody_, clock_, options_);
  request_.features = {"stats:rate"};
  ASSERT_TRUE(retriever.RetrieveAndWait({}, request_).ok());
  ASSERT_TRUE(registry_
                  .Mutate({},
                          [](core::Registry* content) {
                            auto* spec = content->mutable_feature_views(0)->mutable_spec();
                            spec->mutable_features(0)->set_name("quota");
                            return Status::OK();
                          })
                  .ok());
  EXPECT_EQ(retriever.RetrieveAndWait({}, request_).status().message(),
            "Feature rate not found in projection stats");
}

TEST_F(OnlineRetrieverTest, AFailedReadNamesViewsAndStore) {
  FaultyStore faulty(store_, Status::DeadlineExceeded("too slow"));
  faulty.FailReads(1);
  request_.features = {"stats:rate", "world:mood"};
  const Status status = GetFrom(&faulty).status();
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(status.message(),
            "reading feature view 'stats', 'world' from the sqlite online store: too slow");
  EXPECT_TRUE(GetFrom(&faulty).ok()) << "the next request reads again";
  EXPECT_EQ(GetFrom(nullptr).status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(OnlineRetrieverTest, APassedDeadlineReadsNothing) {
  request_.features = {"stats:rate"};
  OnlineRetriever retriever(registry_, &store_, nullptr, everybody_, clock_, options_);
  const auto late = CallContext::WithTimeout(std::chrono::nanoseconds(0));
  EXPECT_EQ(retriever.RetrieveAndWait(late, request_).status().code(),
            StatusCode::kDeadlineExceeded);
  EXPECT_EQ(store_.keys_read, 0U);
}

struct ErrorCase {
  std::vector<std::string> features;
  std::vector<std::pair<std::string, std::vector<RawValue>>> entities;
  ErrorKind kind;
  std::string text;
};

TEST_F(OnlineRetrieverTest, ErrorsCarryUpstreamsTexts) {
  const std::vector<std::pair<std::string, std::vector<RawValue>>> one = {
      {"driver_id", Texts({"1"})}};
  const std::vector<ErrorCase> cases = {
      {{}, one, ErrorKind::kValueError, "No features specified for retrieval"},
      {{"nonsense"}, one, ErrorKind::kValueError, "Invalid feature reference 'nonsense'."},
      {{"no:x"},
       one,
       ErrorKind::kFeatureViewNotFound,
       "Feature view no does not exist in project p"},
      {{"stats:no"}, one, ErrorKind::kKeyError, "Feature no not found in projection stats"},
      {{"stats@v2:rate"},
       one,
       ErrorKind::kValueError,
       "Version-qualified ref 'stats@v2' not supported: online versioning is disabled."},
      {{"off:x2"},
       one,
       ErrorKind::kValueError,
       "Feature view 'off' is disabled and cannot serve features."},
      {{"stats:rate", "more:rate"},
       one,
       ErrorKind::kFeatureNameCollision,
       "Duplicate features named rate found.\nTo resolve this collision, either use"},
      {{"stats:rate"},
       {{"driver_id", Texts({"1"})}, {"b", {}}},
       ErrorKind::kValueError,
       "All entity rows must have the same columns."},
      {{"stats:rate"},
       {{"b", Texts({"1"})}},
       ErrorKind::kKeyError,
       "Missing join key values for keys: ['driver_id', 'shop_id']. No values provided for keys: "
       "['driver_id', 'shop_id']. Provided join_key_values: []"},
      {{"stats:rate"}, {{"driver_id", {RawValue{}}}}, ErrorKind::kTypeError, "null"},
      {{"stats:rate"}, {}, ErrorKind::kKeyError, "entities"},
      {{"od:out"},
       one,
       ErrorKind::kRequestDataNotFoundInEntityRows,
       "Required request data source features ['amount'] not found in the entity rows, but "
       "required by feature views"},
  };
  for (const auto& c : cases) {
    request_.features = c.features;
    request_.entities = c.entities;
    const Status status = Get().status();
    EXPECT_FALSE(status.ok()) << c.text;
    EXPECT_EQ(status.kind(), c.kind) << status.ToString();
    EXPECT_NE(status.message().find(c.text), std::string::npos) << status.ToString();
  }
}

}  // namespace
}  // namespace feast
