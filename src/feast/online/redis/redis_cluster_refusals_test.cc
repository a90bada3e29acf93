#include <gtest/gtest.h>

#include <atomic>

#include "feast/online/redis/redis_shared_cluster.h"
#include "feast/online/redis/scripted_redis.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::StringValue;
using std::chrono::milliseconds;

// A row of the table with one field found.
const char kRow[] = "*2\r\n$0\r\n\r\n$3\r\n\x12\x01x\r\n";

std::unique_ptr<OnlineStore> Open(const std::string& connection_string) {
  auto store = OpenRedis({{"redis_type", Setting::Scalar("redis_cluster")},
                          {"connection_string", Setting::Scalar(connection_string)}});
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  return *std::move(store);
}

Result<std::vector<TableRows>> Read(OnlineStore& store, const CallContext& context = {}) {
  return store.ReadAndWait(context, {{MakeTable(), {"a"}, {"k"}}});
}

// One server with all slots that refuses a read so many times.
class Refusing {
 public:
  Refusing(std::string error, int times)
      : server_([this, error, times](const std::vector<std::string>& command) {
          if (command[0] == "CLUSTER") return ScriptedRedis::Slots(server_.port());
          if (command[0] != "HMGET") return std::string("-ERR\r\n");
          return ++asked_ <= times ? "-" + error + "\r\n" : std::string(kRow);
        }) {}
  const ScriptedRedis& server() const { return server_; }
  int asked() const { return asked_; }

 private:
  std::atomic<int> asked_ = 0;
  ScriptedRedis server_;
};

TEST(RedisClusterRefusals, PassingStatesAreWaitedFor) {
  for (const char* error :
       {"TRYAGAIN Multiple keys request", "CLUSTERDOWN The cluster is down", "LOADING Redis is"}) {
    const Refusing refusing(error, 3);
    const auto store = Open(refusing.server().address());
    const auto rows = Read(*store);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_EQ((*rows)[0].cells[0].value, StringValue("x"));
    EXPECT_EQ(refusing.asked(), 4);
  }
}

TEST(RedisClusterRefusals, ButNotForEver) {
  const Refusing refusing("CLUSTERDOWN The cluster is down", 1000);
  const auto store = Open(refusing.server().address());
  const Status down = Read(*store).status();
  EXPECT_EQ(down.code(), StatusCode::kUnavailable);
  EXPECT_EQ(down.message(),
            "Redis at " + refusing.server().address() + ": CLUSTERDOWN The cluster is down");
  EXPECT_EQ(refusing.asked(), 7);
}

TEST(RedisClusterRefusals, NorPastTheDeadline) {
  const Refusing refusing("TRYAGAIN Multiple keys request", 1000);
  const auto store = Open(refusing.server().address());
  EXPECT_EQ(Read(*store).status().code(), StatusCode::kUnavailable);
  const int before = refusing.asked();
  const auto begin = std::chrono::steady_clock::now();
  const Status status = Read(*store, CallContext::WithTimeout(milliseconds(60))).status();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(310));
  EXPECT_NE(status.message().find(refusing.server().address()), std::string::npos)
      << status.ToString();
  EXPECT_LE(refusing.asked(), before + 4) << "after 0, 5, 15 and 35 ms";
}

TEST(RedisClusterRefusals, RedirectionsEnd) {
  std::atomic<int> asked = 0;
  for (const char* kind : {"MOVED", "ASK"}) {
    asked = 0;
    uint16_t ports[2] = {0, 0};
    const auto pass_on = [&](size_t to) {
      return [&, to, kind](const std::vector<std::string>& command) -> std::string {
        if (command[0] == "CLUSTER") return ScriptedRedis::Slots(ports[0]);
        if (command[0] == "ASKING") return "+OK\r\n";
        ++asked;
        return std::string("-") + kind + " 1 127.0.0.1:" + std::to_string(ports[to]) + "\r\n";
      };
    };
    const ScriptedRedis first(pass_on(1));
    ports[0] = first.port();
    const ScriptedRedis second(pass_on(0));
    ports[1] = second.port();
    const auto store = Open(first.address());
    const Status status = Read(*store).status();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_NE(status.message().find("redirected more than 5 times: Redis at 127.0.0.1:"),
              std::string::npos)
        << status.message();
    EXPECT_EQ(asked, 6) << kind;
  }
}

TEST(RedisClusterRefusals, AskingGoesRightBeforeTheCommand) {
  std::vector<std::string> seen;
  uint16_t first_port = 0;
  const ScriptedRedis second([&](const std::vector<std::string>& command) -> std::string {
    if (command[0] == "CLUSTER") return ScriptedRedis::Slots(first_port);
    seen.push_back(command[0]);
    return command[0] == "ASKING" ? "+OK\r\n" : kRow;
  });
  const ScriptedRedis first([&](const std::vector<std::string>& command) -> std::string {
    if (command[0] == "CLUSTER") return ScriptedRedis::Slots(first_port);
    return "-ASK 1 :" + std::to_string(second.port()) + "\r\n";
  });
  first_port = first.port();
  const auto store = Open(first.address());
  const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a"}, {"k", "l", "m"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  for (const auto& cell : (*rows)[0].cells) EXPECT_EQ(cell.value, StringValue("x"));
  ASSERT_GE(seen.size(), 6U);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(seen[i], i % 2 == 0 ? "ASKING" : "HMGET");
}

TEST(RedisClusterRefusals, ASlotOfNobodyIsNamed) {
  ScriptedRedis* self = nullptr;
  ScriptedRedis server([&](const std::vector<std::string>& command) -> std::string {
    return command[0] == "CLUSTER" ? ScriptedRedis::Slots(self->port(), 0) : kRow;
  });
  self = &server;
  const Status status = Read(*Open(server.address())).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "no server of the Redis cluster has slot " + std::to_string(RedisSlotOf("kproj")));
}

TEST(RedisClusterRefusals, AServerThatIsSlowToTellTheSlotsIsNotWaitedFor) {
  const ScriptedRedis silent([](const auto&) { return std::string(); });
  const Refusing good("", 0);
  const auto store = Open(silent.address() + "," + good.server().address());
  const auto rows = Read(*store);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
}

TEST(RedisClusterRefusals, TheMapWithMostSlotsIsBelieved) {
  const Refusing good("", 0);
  const ScriptedRedis stranger([](const auto& command) -> std::string {
    return command[0] == "CLUSTER" ? "*0\r\n" : "-CLUSTERDOWN Hash slot not served\r\n";
  });
  const auto store = Open(stranger.address() + "," + good.server().address());
  const auto rows = Read(*store);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
}

TEST(RedisClusterRefusals, WhyThereIsNoMap) {
  const auto status_of = [](const std::string& reply) {
    const ScriptedRedis server([reply](const auto&) { return reply; });
    Status status = Read(*Open(server.address())).status();
    EXPECT_NE(status.message().find("the slots of the Redis cluster are not known: Redis at " +
                                    server.address()),
              std::string::npos)
        << status.message();
    return status;
  };
  EXPECT_EQ(status_of("-NOPERM this user has no permissions\r\n").code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(status_of("*0\r\n").code(), StatusCode::kUnavailable);
  EXPECT_EQ(status_of("+hello\r\n").code(), StatusCode::kDataLoss);
  RedisServer single;
  const Status single_server = Read(*Open(single.address())).status();
  EXPECT_EQ(single_server.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(single_server.message().find("set redis_type: redis"), std::string::npos)
      << single_server.message();
}

TEST(RedisClusterRefusals, NobodyIsThere) {
  const std::string gone = "127.0.0.1:" + std::to_string(FreePort());
  const auto store = Open(gone + ",password=secret");
  for (int i = 0; i < 3; ++i) {
    const Status status = Read(*store).status();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_NE(status.message().find(gone + ": Connection refused"), std::string::npos)
        << status.message();
    EXPECT_EQ(status.message().find("secret"), std::string::npos);
  }
  EXPECT_EQ(store->UpdateInfrastructure({}, {{}, {MakeTable()}}).code(), StatusCode::kUnavailable);
}

TEST(RedisClusterRefusals, TheMapIsNotWaitedForPastTheDeadline) {
  const ScriptedRedis silent([](const auto&) { return std::string(); });
  const auto store = Open(silent.address());
  const Status late = Read(*store, CallContext::WithTimeout(milliseconds(20))).status();
  EXPECT_EQ(late.code(), StatusCode::kDeadlineExceeded) << late.ToString();
}

TEST(RedisClusterRefusals, ClosingAStoreAnswersWhatWaits) {
  const ScriptedRedis silent([](const auto&) { return std::string(); });
  const Refusing refusing("TRYAGAIN", 1000);
  for (const std::string& address : {silent.address(), refusing.server().address()}) {
    auto store = Open(address);
    std::atomic<int> cancelled = 0;
    for (int i = 0; i < 10; ++i) {
      store->Read({}, {{MakeTable(), {"a"}, {"k"}}}, [&](const auto& rows) {
        if (rows.status().code() == StatusCode::kCancelled) ++cancelled;
      });
    }
    // Posted after the others, so that they are under way when it is late.
    EXPECT_FALSE(Read(*store, CallContext::WithTimeout(milliseconds(2))).ok());
    store.reset();
    EXPECT_EQ(cancelled, 10) << address;
  }
}

}  // namespace
}  // namespace feast
