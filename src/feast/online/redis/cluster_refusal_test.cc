#include "feast/online/redis/cluster_refusal.h"

#include <gtest/gtest.h>

namespace feast {
namespace {

using Kind = ClusterRefusal::Kind;

const RedisEndpoint kAsked{"here", 7000};

TEST(ClusterRefusal, Redirections) {
  const auto moved = ReadRefusal("MOVED 3999 127.0.0.1:6381", kAsked);
  EXPECT_EQ(moved.kind, Kind::kMoved);
  EXPECT_EQ(moved.slot, 3999);
  EXPECT_EQ(moved.to, (RedisEndpoint{"127.0.0.1", 6381}));
  const auto ask = ReadRefusal("ASK 0 node.test:1", kAsked);
  EXPECT_EQ(ask.kind, Kind::kAsk);
  EXPECT_EQ(ask.slot, 0);
  EXPECT_EQ(ask.to, (RedisEndpoint{"node.test", 1}));
  EXPECT_EQ(ReadRefusal("MOVED 1 fe80::1:6381", kAsked).to, (RedisEndpoint{"fe80::1", 6381}));
  EXPECT_EQ(ReadRefusal("MOVED 1 :6381", kAsked).to, (RedisEndpoint{"here", 6381}));
}

TEST(ClusterRefusal, PassingStates) {
  for (const char* error : {"TRYAGAIN Multiple keys request during rehashing of slot",
                            "CLUSTERDOWN Hash slot not served", "CLUSTERDOWN The cluster is down",
                            "LOADING Redis is loading the dataset in memory", "MASTERDOWN Link"}) {
    EXPECT_EQ(ReadRefusal(error, kAsked).kind, Kind::kLater) << error;
  }
}

TEST(ClusterRefusal, AllElseIsTheCommandsOwn) {
  for (const char* error :
       {"", "ERR unknown command", "WRONGTYPE Operation", "MOVEDX 1 h:1", "MOVED", "MOVED 1",
        "MOVED x h:1", "MOVED 16384 h:1", "MOVED -1 h:1", "MOVED 1 h", "MOVED 1 h:", "MOVED 1 h:0",
        "MOVED 1 h:65536", "MOVED 1 h:x", "ASK 1 ", "TRYAGAINX"}) {
    EXPECT_EQ(ReadRefusal(error, kAsked).kind, Kind::kNone) << error;
  }
}

}  // namespace
}  // namespace feast
