#include "feast/online/redis/cluster_map.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

const RedisEndpoint kAsked{"seed.example", 7000};

// The tree of a reply in Redis' protocol.
RedisReply Reply(std::string_view bytes) {
  ReplyTrees trees;
  RespNesting nesting;
  RespToken token;
  size_t size = 0;
  while (ReadRespToken(bytes, &token, &size) == RespOutcome::kToken) {
    trees.Take(token, nesting.depth());
    nesting.Take(token);
    bytes.remove_prefix(size);
  }
  EXPECT_TRUE(bytes.empty());
  return std::move(trees.Release().front());
}

ClusterMap Good(std::string_view bytes) {
  auto map = ClusterMap::Parse(Reply(bytes), kAsked);
  EXPECT_TRUE(map.ok()) << map.status().ToString();
  return map.ok() ? *std::move(map) : ClusterMap();
}

TEST(ClusterMap, RangesOfShards) {
  const ClusterMap map = Good(
      "*3\r\n"
      "*4\r\n:0\r\n:100\r\n*3\r\n$8\r\n10.0.0.1\r\n:7000\r\n$1\r\na\r\n"
      "*3\r\n$8\r\n10.0.0.2\r\n:7001\r\n$1\r\nb\r\n"
      "*3\r\n:101\r\n:16382\r\n*3\r\n$8\r\n10.0.0.3\r\n:7002\r\n$1\r\nc\r\n"
      "*4\r\n:16383\r\n:16383\r\n*3\r\n$8\r\n10.0.0.1\r\n:7000\r\n$1\r\na\r\n"
      "*3\r\n$8\r\n10.0.0.2\r\n:7001\r\n$1\r\nb\r\n");
  ASSERT_EQ(map.shards().size(), 2U);
  EXPECT_EQ(map.shards()[0].primary, (RedisEndpoint{"10.0.0.1", 7000}));
  EXPECT_EQ(map.shards()[0].replicas, (std::vector<RedisEndpoint>{{"10.0.0.2", 7001}}));
  EXPECT_TRUE(map.shards()[1].replicas.empty());
  EXPECT_EQ(map.ShardOf(0), 0);
  EXPECT_EQ(map.ShardOf(100), 0);
  EXPECT_EQ(map.ShardOf(101), 1);
  EXPECT_EQ(map.ShardOf(16382), 1);
  EXPECT_EQ(map.ShardOf(16383), 0);
  EXPECT_EQ(map.served(), kRedisSlots);
}

TEST(ClusterMap, SlotsThatNobodyServes) {
  const ClusterMap map = Good("*1\r\n*3\r\n:5\r\n:6\r\n*2\r\n$1\r\nh\r\n:1\r\n");
  EXPECT_EQ(map.served(), 2U);
  EXPECT_EQ(map.ShardOf(4), ClusterMap::kNobody);
  EXPECT_EQ(map.ShardOf(7), ClusterMap::kNobody);
  EXPECT_EQ(Good("*0\r\n").served(), 0U);
}

TEST(ClusterMap, AServerWithoutAHostHasThatOfTheOneAsked) {
  const std::string head = "*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n";
  for (const char* nothing : {"$0\r\n\r\n", "$-1\r\n", "_\r\n"}) {
    const ClusterMap map = Good(head + nothing + ":7001\r\n$1\r\na\r\n*0\r\n");
    EXPECT_EQ(map.shards().at(0).primary, (RedisEndpoint{"seed.example", 7001})) << nothing;
  }
}

TEST(ClusterMap, AServerOfUnknownNameHasItsAddress) {
  const std::string range = "*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n$1\r\n?\r\n:7001\r\n$1\r\na\r\n";
  for (const char* pairs : {"*2\r\n", "%1\r\n"}) {
    const ClusterMap map = Good(range + pairs + "$2\r\nip\r\n$8\r\n10.0.0.9\r\n");
    EXPECT_EQ(map.shards().at(0).primary, (RedisEndpoint{"10.0.0.9", 7001}));
  }
  EXPECT_EQ(Good(range + "*0\r\n").served(), 0U);
}

// A primary that came back as another one leaves its slots with nobody.
TEST(ClusterMap, AServerWithoutAPlaceServesNothing) {
  const ClusterMap map = Good(
      "*2\r\n*3\r\n:0\r\n:1\r\n*3\r\n$0\r\n\r\n:0\r\n$1\r\na\r\n"
      "*3\r\n:2\r\n:2\r\n*3\r\n$1\r\nh\r\n:1\r\n$1\r\nb\r\n");
  EXPECT_EQ(map.served(), 1U);
  EXPECT_EQ(map.shards().size(), 1U);
}

TEST(ClusterMap, AnnouncedNamesAreTaken) {
  const ClusterMap map = Good(
      "*1\r\n*3\r\n:0\r\n:1\r\n*4\r\n$9\r\nnode.test\r\n:7001\r\n$1\r\na\r\n"
      "*2\r\n$2\r\nip\r\n$8\r\n10.0.0.9\r\n");
  EXPECT_EQ(map.shards().at(0).primary, (RedisEndpoint{"node.test", 7001}));
}

TEST(ClusterMap, OtherAnswersAreRefused) {
  for (const std::string bytes : {"$2\r\nhi\r\n", "*1\r\n$1\r\nx\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n",
                                  "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\nh\r\n:1\r\n",
                                  "*1\r\n*3\r\n:-1\r\n:5\r\n*2\r\n$1\r\nh\r\n:1\r\n",
                                  "*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\nh\r\n:1\r\n",
                                  "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\nh\r\n:-1\r\n",
                                  "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\nh\r\n:65536\r\n",
                                  "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n:7\r\n:1\r\n",
                                  "*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$1\r\nh\r\n"}) {
    const auto map = ClusterMap::Parse(Reply(bytes), kAsked);
    EXPECT_EQ(map.status().code(), StatusCode::kDataLoss) << bytes;
    EXPECT_NE(map.status().message().find("seed.example:7000"), std::string::npos);
  }
}

TEST(ClusterMap, MovesSlots) {
  ClusterMap map = Good("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\nh\r\n:1\r\n");
  EXPECT_EQ(map.Move(7, {"i", 2}), 1);
  EXPECT_EQ(map.Move(8, {"i", 2}), 1);
  EXPECT_EQ(map.Move(7, {"h", 1}), 0);
  EXPECT_EQ(map.ShardOf(7), 0);
  EXPECT_EQ(map.ShardOf(8), 1);
  EXPECT_EQ(map.shards().size(), 2U);
}

}  // namespace
}  // namespace feast
