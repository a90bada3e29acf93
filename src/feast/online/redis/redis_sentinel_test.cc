#include <gtest/gtest.h>

#include <fstream>

#include "feast/online/redis/redis_test_server.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::StringValue;

/// redis-server as a sentinel that watches one primary and decides alone.
class Sentinel {
 public:
  explicit Sentinel(uint16_t primary) : port_(FreePort()) {
    const auto file = folder_.path() / "sentinel.conf";
    std::ofstream(file) << "port " << port_ << "\nbind 127.0.0.1\nlogfile "
                        << (folder_.path() / "log").string() << "\ndir " << folder_.path().string()
                        << "\nsentinel monitor mymaster 127.0.0.1 " << primary << " 1\n"
                        << "sentinel down-after-milliseconds mymaster 300\n"
                        << "sentinel failover-timeout mymaster 2000\n";
    process_ = ServerProcess::Start({"redis-server", file.string(), "--sentinel"}, [this] {
      PlainRedisClient client(port_);
      return client.connected() && client.Call({"PING"}).text == "PONG";
    });
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  bool KnowsAReplica() const {
    return !PlainRedisClient(port_).Call({"SENTINEL", "replicas", "mymaster"}).items.empty();
  }

 private:
  const TestFolder folder_;
  const uint16_t port_;
  std::unique_ptr<ServerProcess> process_;
};

Result<std::unique_ptr<OnlineStore>> Open(const std::string& connection_string,
                                          const std::string& primary = "mymaster") {
  return OpenRedis({{"redis_type", Setting::Scalar("redis_sentinel")},
                    {"sentinel_master", Setting::Scalar(primary)},
                    {"connection_string", Setting::Scalar(connection_string)}});
}

Status WriteOne(OnlineStore& store, const std::string& key) {
  return store.WriteAndWait({}, MakeBatch(MakeTable(), {{key, 1'000'000, {StringValue("x"), ""}}}));
}

TEST(RedisSentinel, FollowsThePrimary) {
  RedisServer primary;
  RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(primary.port()),
                       "--repl-diskless-sync-delay", "0"});
  ASSERT_TRUE(Eventually([&] {
    return PlainRedisClient(replica.port())
               .Call({"INFO", "replication"})
               .text.find("master_link_status:up") != std::string::npos;
  }));
  const Sentinel sentinel(primary.port());
  ASSERT_TRUE(Eventually([&] { return sentinel.KnowsAReplica(); }));
  const std::string gone = "127.0.0.1:" + std::to_string(FreePort());
  auto opened = Open(gone + "," + sentinel.address());  // the first sentinel is not there
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  OnlineStore& store = **opened;
  const Status written = WriteOne(store, "before");
  ASSERT_TRUE(written.ok()) << written.ToString();
  const auto replica_has = [&](const std::string& key) {
    return PlainRedisClient(replica.port()).Call({"EXISTS", key + "proj"}).number == 1;
  };
  ASSERT_TRUE(Eventually([&] { return replica_has("before"); }));
  primary.Kill();
  Status last;
  EXPECT_TRUE(Eventually(
      [&] {
        last = WriteOne(store, "after");
        EXPECT_TRUE(last.ok() || last.code() == StatusCode::kUnavailable) << last.ToString();
        return last.ok();
      },
      std::chrono::seconds(60)))
      << last.ToString();
  const auto rows = store.ReadAndWait({}, {{MakeTable(), {"a"}, {"before", "after"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("x"));
  EXPECT_EQ((*rows)[0].cells[1].value, StringValue("x"));
  EXPECT_TRUE(replica_has("after"));
}

TEST(RedisSentinel, SaysWhatNoSentinelKnows) {
  RedisServer primary;
  const Sentinel sentinel(primary.port());
  auto store = *Open(sentinel.address(), "other");
  const Status unknown = WriteOne(*store, "k");
  EXPECT_EQ(unknown.code(), StatusCode::kUnavailable);
  EXPECT_NE(unknown.message().find("no sentinel knows the primary 'other': " + sentinel.address() +
                                   " does not watch it"),
            std::string::npos)
      << unknown.message();
  const std::string gone = "127.0.0.1:" + std::to_string(FreePort());
  auto alone = *Open(gone);
  const Status refused = WriteOne(*alone, "k");
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_NE(refused.message().find(gone), std::string::npos) << refused.message();
}

}  // namespace
}  // namespace feast
