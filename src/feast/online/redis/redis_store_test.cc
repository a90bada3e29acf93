#include "feast/online/redis/redis_store.h"

#include <gtest/gtest.h>

#include <map>

#include "feast/codec/redis_field.h"
#include "feast/online/conformance.h"
#include "feast/online/redis/redis_test_server.h"

namespace feast {
namespace {

using online_conformance::EntityKey;
using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::Row;
using online_conformance::StringValue;

/// One server for all tests of this program; each takes a database of its own.
RedisServer& SharedServer() {
  static RedisServer server;
  return server;
}

int NextDatabase() {
  static int last = 0;
  return ++last;
}

class RedisQuirks final : public OnlineStoreQuirks {
 public:
  Result<std::unique_ptr<OnlineStore>> Open() override {
    return OpenRedisAt(SharedServer().address() + ",db=" + std::to_string(database_));
  }
  Micros time_precision() const override { return 1; }
  bool equal_times_overwrite() const override { return false; }
  bool has_tables() const override { return false; }

 private:
  const int database_ = NextDatabase();
};

constexpr Micros kTime = 1704164645678901;  // 2024-01-02T03:04:05.678901Z

class RedisStoreTest : public testing::Test {
 protected:
  RedisStoreTest() : client_(SharedServer().port()) {
    client_.Call({"SELECT", std::to_string(database_)});
  }

  std::unique_ptr<OnlineStore> Open(std::vector<Setting::Entry> more = {}) {
    more.push_back({"connection_string", Setting::Scalar(SharedServer().address() +
                                                         ",db=" + std::to_string(database_))});
    auto store = OpenRedis(std::move(more));
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    return *std::move(store);
  }
  static void Write(OnlineStore& store, const std::vector<Row>& rows,
                    std::shared_ptr<const OnlineTable> table = MakeTable()) {
    const Status status = store.WriteAndWait({}, MakeBatch(std::move(table), rows));
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  std::map<std::string, std::string> Hash(const std::string& key) {
    std::map<std::string, std::string> fields;
    const RedisReply reply = client_.Call({"HGETALL", key});
    for (size_t i = 0; i + 1 < reply.items.size(); i += 2) {
      fields[reply.items[i].text] = reply.items[i + 1].text;
    }
    return fields;
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    for (const auto& item : client_.Call({"KEYS", "*"}).items) keys.push_back(item.text);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  const int database_ = NextDatabase();
  PlainRedisClient client_;
};

TEST_F(RedisStoreTest, WritesUpstreamsHash) {
  auto store = Open();
  OnlineTable table = *MakeTable("driver_hourly_stats");
  table.features = {{"conv_rate", ValueType::kString}, {"acc_rate", ValueType::kString}};
  Write(*store, {{"k", kTime, {StringValue("x"), ""}}}, std::make_shared<OnlineTable>(table));
  EXPECT_EQ(Hash("kproj"),
            (std::map<std::string, std::string>{
                // storage.md §1.5, §2.1
                {"_ts:driver_hourly_stats", "\x08\xa5\xfa\xcd\xac\x06\x10\x88\xea\xdc\xc3\x02"},
                {"\x61\x60\xe3\xda", StringValue("x")},
                {"\xfa\x5e\x58\xad", ""}}));
}

TEST_F(RedisStoreTest, TheEpochIsAnEmptyTimeAndNeverBlocks) {
  auto store = Open();
  Write(*store, {{"k", 0, {StringValue("epoch"), ""}}});
  EXPECT_EQ(Hash("kproj")["_ts:stats"], "");
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a"}, {"k"}}});
  EXPECT_EQ((*rows)[0].event_times[0], 0);
  Write(*store, {{"k", 0, {StringValue("again"), ""}}});
  EXPECT_EQ(Hash("kproj")[RedisFeatureField("stats", "a")], StringValue("again"));
}

TEST_F(RedisStoreTest, ComparesTimesOfAllAges) {
  auto store = Open();
  const auto stored_after = [&](Micros first, Micros second) {
    client_.Call({"FLUSHDB"});
    Write(*store, {{"k", first, {StringValue("first"), ""}}});
    Write(*store, {{"k", second, {StringValue("second"), ""}}});
    return Hash("kproj")[RedisFeatureField("stats", "a")];
  };
  const std::vector<Micros> ages = {
      -62135596800000000, -1000001, -1000000,  -999999,           -1, 1, 999999, 1000000, 127000000,
      128000000,          kTime,    kTime + 1, 253402300799999999};
  for (size_t i = 0; i < ages.size(); ++i) {
    for (size_t j = 0; j < ages.size(); ++j) {
      EXPECT_EQ(stored_after(ages[i], ages[j]), StringValue(j > i ? "second" : "first"))
          << ages[i] << " then " << ages[j];
    }
  }
}

TEST_F(RedisStoreTest, ATimeThatIsNoneIsOverwritten) {
  auto store = Open();
  for (const std::string& damage :
       {std::string("\x08"), std::string("hello"),
        std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")}) {
    client_.Call({"HSET", "kproj", "_ts:stats", damage});
    const auto read = store->ReadAndWait({}, {{MakeTable(), {"a"}, {"k"}}});
    EXPECT_EQ(read.status().code(), StatusCode::kDataLoss) << read.status().ToString();
    EXPECT_NE(read.status().message().find("'stats'"), std::string::npos)
        << read.status().message();
    Write(*store, {{"k", kTime, {StringValue("x"), ""}}});
    EXPECT_EQ((*store->ReadAndWait({}, {{MakeTable(), {"a"}, {"k"}}}))[0].event_times[0], kTime);
    client_.Call({"FLUSHDB"});
  }
}

TEST_F(RedisStoreTest, KeepsFieldsOfOthersAndReadsRowsWithoutATime) {
  auto store = Open();
  client_.Call({"HSET", "kproj", RedisFeatureField("stats", "a"), StringValue("theirs")});
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a", "b"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("theirs"));
  EXPECT_FALSE((*rows)[0].cells[1].found);
  EXPECT_EQ((*rows)[0].event_times[0], 0);
  client_.Call({"HSET", "kproj", "other", "x"});
  Write(*store, {{"k", kTime, {StringValue("ours"), ""}}});
  EXPECT_EQ(Hash("kproj")["other"], "x");
}

TEST_F(RedisStoreTest, AKeyOfAnotherTypeIsReported) {
  auto store = Open();
  client_.Call({"SET", "kproj", "text"});
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a"}, {"j", "k", "l"}}});
  EXPECT_EQ(rows.status().code(), StatusCode::kDataLoss);
  EXPECT_NE(rows.status().message().find("WRONGTYPE"), std::string::npos);
  EXPECT_TRUE(store->ReadAndWait({}, {{MakeTable(), {"a"}, {"j"}}}).ok());
  const Status written =
      store->WriteAndWait({}, MakeBatch(MakeTable(), {{"k", kTime, {StringValue("x"), ""}}}));
  EXPECT_EQ(written.code(), StatusCode::kDataLoss) << written.ToString();
}

TEST_F(RedisStoreTest, KeysExpireWhenAskedTo) {
  auto store = Open({{"key_ttl_seconds", Setting::Scalar("1000")}});
  Write(*store, {{"k", kTime, {StringValue("x"), ""}}});
  EXPECT_GT(client_.Call({"TTL", "kproj"}).number, 900);
  client_.Call({"EXPIRE", "kproj", "5000"});
  Write(*store, {{"k", kTime, {StringValue("equal: not written"), ""}}});
  EXPECT_GT(client_.Call({"TTL", "kproj"}).number, 1000);
  auto plain =
      Open({{"key_ttl_seconds", Setting::Scalar("1000")}, {"skip_dedup", Setting::Scalar("true")}});
  Write(*plain, {{"k", kTime - 5, {StringValue("y"), ""}}});
  EXPECT_LE(client_.Call({"TTL", "kproj"}).number, 1000);
}

TEST_F(RedisStoreTest, SkipDedupWritesWhateverIsThere) {
  auto store = Open({{"skip_dedup", Setting::Scalar("true")}});
  Write(*store, {{"k", kTime, {StringValue("later"), ""}}});
  Write(*store, {{"k", kTime - 5, {StringValue("earlier"), ""}}});
  EXPECT_EQ(Hash("kproj")[RedisFeatureField("stats", "a")], StringValue("earlier"));
}

TEST_F(RedisStoreTest, WritesAgainWhenTheServerForgotTheScript) {
  auto store = Open();
  Write(*store, {{"k", kTime, {StringValue("x"), ""}}});
  client_.Call({"SCRIPT", "FLUSH"});
  std::vector<Row> rows;
  rows.reserve(3000);
  for (int i = 0; i < 3000; ++i) rows.push_back({std::to_string(i), kTime, {StringValue("y"), ""}});
  Write(*store, rows);
  EXPECT_EQ(client_.Call({"DBSIZE"}).number, 3001);
}

TEST_F(RedisStoreTest, WritesViewsOfThousandsOfFeatures) {
  auto store = Open();
  OnlineTable wide = *MakeTable("wide");
  wide.features.clear();
  Row row{"k", kTime, {}};
  std::vector<std::string> names;
  for (int i = 0; i < 9000; ++i) {
    names.push_back("f" + std::to_string(i));
    wide.features.push_back({names.back(), ValueType::kString});
    row.values.push_back(StringValue(names.back()));
  }
  const auto table = std::make_shared<const OnlineTable>(wide);
  Write(*store, {row}, table);
  const auto rows = store->ReadAndWait({}, {{table, names, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  for (size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ((*rows)[0].cells[i].value, StringValue(names[i]));
  }
}

TEST_F(RedisStoreTest, AValueOfManyMegabytesPassesWholeAmongSmallOnes) {
  auto store = Open();
  std::string large(5 << 20, 'x');
  large.back() = 'y';
  Write(*store, {{"a", kTime, {StringValue("1"), ""}},
                 {"b", kTime, {large, StringValue("2")}},
                 {"c", kTime, {StringValue("3"), ""}}});
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a", "b"}, {"a", "b", "c"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("1"));
  EXPECT_TRUE((*rows)[0].cells[2].value == large);
  EXPECT_EQ((*rows)[0].cells[3].value, StringValue("2"));
  EXPECT_EQ((*rows)[0].cells[4].value, StringValue("3"));
}

TEST_F(RedisStoreTest, DeletesOneViewOfOneProjectOnly) {
  auto store = Open();
  OnlineTable other_project = *MakeTable();
  other_project.project = "my_proj";  // a name that ends with ours
  const auto theirs = std::make_shared<const OnlineTable>(other_project);
  OnlineTable longer = *MakeTable();
  longer.join_keys = {"[]"};
  std::string other_entity = EntityKey("1");  // its name would match any one byte of a pattern
  other_entity.replace(12, 2, "[]");
  const auto strange = std::make_shared<const OnlineTable>(longer);
  Write(*store, {{EntityKey("1"), kTime, {StringValue("x"), ""}}});
  Write(*store, {{EntityKey("2"), kTime, {StringValue("x"), ""}}});
  Write(*store, {{EntityKey("2"), kTime, {StringValue("x"), ""}}}, MakeTable("kept"));
  Write(*store, {{EntityKey("1"), kTime, {StringValue("x"), ""}}}, theirs);
  Write(*store, {{other_entity, kTime, {StringValue("x"), ""}}}, strange);
  const Status dropped = store->UpdateInfrastructure({}, {{MakeTable("kept")}, {MakeTable()}});
  ASSERT_TRUE(dropped.ok()) << dropped.ToString();
  EXPECT_EQ(Keys(), (std::vector<std::string>{other_entity + "proj", EntityKey("1") + "my_proj",
                                              EntityKey("2") + "proj"}));
  EXPECT_EQ(Hash(EntityKey("2") + "proj").size(), 3U);
  ASSERT_TRUE(store->Teardown({}, std::vector{MakeTable()}).ok());
  EXPECT_EQ(Keys(), (std::vector<std::string>{other_entity + "proj", EntityKey("1") + "my_proj"}));
  ASSERT_TRUE(store->Teardown({}, std::vector{strange}).ok());
  EXPECT_EQ(Keys(), std::vector<std::string>{EntityKey("1") + "my_proj"});
}

TEST_F(RedisStoreTest, DeletesNothingWithoutFullScan) {
  auto store = Open({{"full_scan_for_deletion", Setting::Scalar("false")}});
  Write(*store, {{EntityKey("1"), kTime, {StringValue("x"), ""}}});
  ASSERT_TRUE(store->UpdateInfrastructure({}, {{}, {MakeTable()}}).ok());
  EXPECT_EQ(Keys().size(), 1U);
}

}  // namespace

INSTANTIATE_ONLINE_STORE_CONFORMANCE(Redis, RedisQuirks)

}  // namespace feast
