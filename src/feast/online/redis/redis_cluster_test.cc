#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "feast/codec/redis_field.h"
#include "feast/online/conformance.h"
#include "feast/online/redis/redis_shared_cluster.h"

namespace feast {
namespace {

using online_conformance::EntityKey;
using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::Row;
using online_conformance::StringValue;

constexpr Micros kTime = 1'000'000;

class RedisClusterQuirks final : public OnlineStoreQuirks {
 public:
  RedisClusterQuirks() { SharedCluster().Reset(); }
  Result<std::unique_ptr<OnlineStore>> Open() override { return OpenCluster(SharedCluster()); }
  Micros time_precision() const override { return 1; }
  bool equal_times_overwrite() const override { return false; }
  bool has_tables() const override { return false; }
};

class RedisClusterTest : public testing::Test {
 protected:
  RedisClusterTest() { cluster_.Reset(); }

  RedisTestCluster& cluster_ = SharedCluster();
};

std::vector<std::string> KeysOf(const std::vector<Row>& rows) {
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (const Row& row : rows) keys.push_back(row.key);
  return keys;
}

void ExpectRows(OnlineStore& store, const std::vector<Row>& rows) {
  const auto read = store.ReadAndWait({}, {{MakeTable(), {"a"}, KeysOf(rows)}});
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ((*read)[0].cells[i].value, rows[i].values[0]) << i;
    ASSERT_EQ((*read)[0].event_times[i], rows[i].time) << i;
  }
}

TEST_F(RedisClusterTest, EverySlotAgreesWithTheServers) {
  for (const std::string& key :
       {std::string("foo"), std::string("{user1000}.following"), std::string("foo{}{bar}"),
        std::string("foo{{bar}}zap"), std::string("foo{bar}{zap}"), std::string("a\0{b}\xff", 6),
        EntityKey("1001") + "proj", EntityKey("{}") + "proj", std::string()}) {
    EXPECT_EQ(cluster_.Ask(0, {"CLUSTER", "KEYSLOT", key}).number, RedisSlotOf(key))
        << testing::PrintToString(key);
  }
}

TEST_F(RedisClusterTest, SpreadsRowsAndJoinsThemInOrder) {
  const auto store = OpenCluster(cluster_);
  const auto rows = SampleRows(500, kTime);
  WriteRows(*store, rows);
  ExpectRows(*store, rows);
  EXPECT_EQ(cluster_.Keys(), 500);
  for (size_t i = 0; i < RedisTestCluster::kPrimaries; ++i) {
    EXPECT_GT(cluster_.Ask(i, {"DBSIZE"}).number, 100) << i;
  }
}

TEST_F(RedisClusterTest, LargeReadsGoInParts) {
  const auto store = OpenCluster(cluster_);
  const auto rows = SampleRows(8000, kTime);
  WriteRows(*store, rows);
  ExpectRows(*store, rows);
}

TEST_F(RedisClusterTest, WholeHashesAreReadWhereThatIsCheaper) {
  const auto store = OpenCluster(cluster_);
  OnlineTable wide = *MakeTable("wide");
  wide.features.clear();
  std::vector<std::string> names;
  std::vector<Row> rows = SampleRows(50, kTime);
  for (int i = 0; i < 60; ++i) {
    names.push_back("f" + std::to_string(i));
    wide.features.push_back({names.back(), ValueType::kString});
  }
  for (Row& row : rows) {
    row.values.clear();
    for (const std::string& name : names) row.values.push_back(StringValue(row.key + name));
  }
  const auto table = std::make_shared<const OnlineTable>(wide);
  WriteRows(*store, rows, table);
  const auto whole_reads = [&] {
    int64_t calls = 0;
    for (size_t i = 0; i < cluster_.size(); ++i) {
      calls += cluster_.Info(i, "commandstats", "cmdstat_hgetall:calls=");
    }
    return calls;
  };
  const int64_t before = whole_reads();
  EXPECT_TRUE(Eventually([&] {
    const auto read = store->ReadAndWait({}, {{table, names, KeysOf(rows)}});
    EXPECT_TRUE(read.ok()) << read.status().ToString();
    for (size_t row = 0; row < rows.size(); ++row) {
      for (size_t i = 0; i < names.size(); ++i) {
        EXPECT_EQ((*read)[0].cells[row * names.size() + i].value, rows[row].values[i]);
      }
    }
    return whole_reads() >= before + 50;
  }));
}

TEST_F(RedisClusterTest, WritesAgainWhereAServerForgotTheScript) {
  const auto store = OpenCluster(cluster_);
  WriteRows(*store, SampleRows(10, kTime));
  cluster_.Ask(1, {"SCRIPT", "FLUSH"});
  const auto rows = SampleRows(600, kTime + 1);
  WriteRows(*store, rows);
  ExpectRows(*store, rows);
}

TEST_F(RedisClusterTest, KeysExpireWithAndWithoutTheGuard) {
  for (const char* skip_dedup : {"false", "true"}) {
    const auto store = OpenCluster(cluster_, "",
                                   {{"key_ttl_seconds", Setting::Scalar("1000")},
                                    {"skip_dedup", Setting::Scalar(skip_dedup)}});
    const auto rows = SampleRows(60, kTime);
    WriteRows(*store, rows);
    for (const Row& row : rows) {
      const size_t owner = cluster_.OwnerOf(row.key + "proj");
      EXPECT_GT(cluster_.Ask(owner, {"TTL", row.key + "proj"}).number, 900);
    }
    cluster_.Empty();
  }
}

TEST_F(RedisClusterTest, DeletesOneViewOnEveryServer) {
  const auto store = OpenCluster(cluster_);
  const auto rows = SampleRows(300, kTime);
  WriteRows(*store, rows);
  WriteRows(*store, {rows[0], rows[1], rows[2]}, MakeTable("kept"));
  const Status dropped = store->UpdateInfrastructure({}, {{MakeTable("kept")}, {MakeTable()}});
  ASSERT_TRUE(dropped.ok()) << dropped.ToString();
  EXPECT_EQ(cluster_.Keys(), 3);
  const auto read = store->ReadAndWait(
      {}, {{MakeTable(), {"a"}, {rows[0].key}}, {MakeTable("kept"), {"a"}, {rows[0].key}}});
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_FALSE((*read)[0].cells[0].found);
  EXPECT_EQ((*read)[1].cells[0].value, rows[0].values[0]);
  ASSERT_TRUE(store->Teardown({}, std::vector{MakeTable("kept")}).ok());
  EXPECT_EQ(cluster_.Keys(), 0);
}

TEST_F(RedisClusterTest, AKeyOfAnotherTypeIsReportedWithItsServer) {
  const auto store = OpenCluster(cluster_);
  const size_t owner = cluster_.OwnerOf("kproj");
  cluster_.Ask(owner, {"SET", "kproj", "text"});
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a"}, {"j", "k", "l"}}});
  EXPECT_EQ(rows.status().code(), StatusCode::kDataLoss) << rows.status().ToString();
  EXPECT_NE(rows.status().message().find(cluster_.AddressOf(owner) + ": WRONGTYPE"),
            std::string::npos)
      << rows.status().message();
}

TEST_F(RedisClusterTest, Protocol3WillDo) {
  const auto store = OpenCluster(cluster_, ",db=0,protocol=3,client_name=feast");
  const auto rows = SampleRows(100, kTime);
  WriteRows(*store, rows);
  ExpectRows(*store, rows);
}

// Servers without a place are where they were asked, those with a name where that points to.
TEST_F(RedisClusterTest, AnnouncedNamesAndUnknownPlaces) {
  const auto rows = SampleRows(100, kTime);
  WriteRows(*OpenCluster(cluster_), rows);
  cluster_.ForEach({"CONFIG", "SET", "cluster-announce-hostname", "localhost"});
  for (const char* kind : {"hostname", "unknown-endpoint", "ip"}) {
    cluster_.ForEach({"CONFIG", "SET", "cluster-preferred-endpoint-type", kind});
    const auto store = OpenCluster(cluster_);
    ExpectRows(*store, rows);
  }
  cluster_.ForEach({"CONFIG", "SET", "cluster-announce-hostname", ""});
}

TEST_F(RedisClusterTest, StartsFromAnyServerThatIsThere) {
  const auto rows = SampleRows(30, kTime);
  WriteRows(*OpenCluster(cluster_), rows);
  auto store =
      OpenRedis({{"redis_type", Setting::Scalar("redis_cluster")},
                 {"connection_string", Setting::Scalar("127.0.0.1:" + std::to_string(FreePort()) +
                                                       "," + cluster_.AddressOf(5))}});
  ASSERT_TRUE(store.ok());
  ExpectRows(**store, rows);
}

TEST_F(RedisClusterTest, ReadsFromReplicasWhenAskedTo) {
  ASSERT_TRUE(cluster_.IsWell()) << "the replicas are not known";
  const auto rows = SampleRows(60, kTime);
  const auto store = OpenCluster(cluster_, ",read_from_replicas=true");
  WriteRows(*store, rows);
  for (size_t i = 0; i < RedisTestCluster::kPrimaries; ++i) {
    cluster_.Ask(i, {"WAIT", "1", "10000"});
  }
  const auto reads_of = [&](size_t i) {
    return cluster_.Info(i, "commandstats", "cmdstat_hmget:calls=");
  };
  std::vector<int64_t> before;
  for (size_t i = 0; i < cluster_.size(); ++i) before.push_back(reads_of(i));
  for (int i = 0; i < 10; ++i) ExpectRows(*store, rows);
  for (size_t i = 0; i < cluster_.size(); ++i) EXPECT_GT(reads_of(i), before[i]) << i;
  // Without the option no replica is asked.
  for (size_t i = 0; i < cluster_.size(); ++i) before[i] = reads_of(i);
  const auto plain = OpenCluster(cluster_);
  for (int i = 0; i < 10; ++i) ExpectRows(*plain, rows);
  for (size_t i = 0; i < cluster_.size(); ++i) {
    EXPECT_EQ(reads_of(i) > before[i], cluster_.IsPrimary(i)) << i;
  }
}

}  // namespace

INSTANTIATE_ONLINE_STORE_CONFORMANCE(RedisCluster, RedisClusterQuirks)

}  // namespace feast
