#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "feast/net/test_certificate.h"
#include "feast/online/redis/redis_shared_cluster.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::Row;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Micros kTime = 1'000'000;
constexpr int kRows = 60;

Status ReadAll(OnlineStore& store, const std::vector<Row>& rows, const CallContext& context = {}) {
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (const Row& row : rows) keys.push_back(row.key);
  const auto read = store.ReadAndWait(context, {{MakeTable(), {"a"}, keys}});
  FEAST_RETURN_IF_ERROR(read.status());
  for (size_t i = 0; i < rows.size(); ++i) {
    if ((*read)[0].cells[i].value != rows[i].values[0]) {
      return Status::DataLoss("a wrong answer for row " + std::to_string(i));
    }
  }
  return Status::OK();
}

// Threads that read all rows all the time, and what they were told.
class Load {
 public:
  Load(OnlineStore& store, std::vector<Row> rows) : store_(store), rows_(std::move(rows)) {
    for (int i = 0; i < 3; ++i) readers_.emplace_back([this] { Run(); });
  }
  ~Load() { Stop(); }

  bool Passes() {
    const int before = good_;
    return Eventually([&] { return good_ > before + 20; });
  }
  bool Fails() {
    return Eventually([&] { return failed_ > 0; });
  }
  void Stop() {
    stop_ = true;
    for (std::thread& reader : readers_) reader.join();
    readers_.clear();
  }
  const std::set<std::string>& errors() const { return errors_; }
  const std::set<std::string>& unexpected() const { return unexpected_; }
  milliseconds longest() const { return longest_; }

 private:
  void Run() {
    while (!stop_) {
      const auto begin = steady_clock::now();
      const Status status = ReadAll(store_, rows_);
      const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
      const std::lock_guard lock(mutex_);
      longest_ = std::max(longest_, took);
      if (status.ok()) {
        ++good_;
        continue;
      }
      ++failed_;
      errors_.insert(status.ToString());
      if (status.code() != StatusCode::kUnavailable ||
          (status.message().find("Redis at 127.0.0.1:") == std::string::npos &&
           status.message().find("no server of the Redis cluster has slot") == std::string::npos)) {
        unexpected_.insert(status.ToString());
      }
    }
  }

  OnlineStore& store_;
  const std::vector<Row> rows_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> good_ = 0;
  std::atomic<int> failed_ = 0;
  std::mutex mutex_;
  std::set<std::string> errors_;      // guarded by mutex_ until Stop
  std::set<std::string> unexpected_;  // the same
  milliseconds longest_{0};           // the same
  std::vector<std::thread> readers_;
};

class RedisClusterFaults : public testing::Test {
 protected:
  RedisClusterFaults() { cluster_.Reset(); }

  /// All rows on primaries and replicas.
  void WriteEverywhere(OnlineStore& store) {
    WriteRows(store, rows_);
    for (size_t i = 0; i < RedisTestCluster::kPrimaries; ++i) {
      cluster_.Ask(i, {"WAIT", "1", "10000"});
    }
  }

  RedisTestCluster& cluster_ = SharedCluster();
  const std::vector<Row> rows_ = SampleRows(kRows, kTime);
};

TEST_F(RedisClusterFaults, ConnectionsThatAreCutAreNotNoticed) {
  const auto store = OpenCluster(cluster_);
  WriteRows(*store, rows_);
  Load load(*store, rows_);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(load.Passes());
    cluster_.ForEach({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  EXPECT_TRUE(load.Passes());
  load.Stop();
  for (const std::string& error : load.errors()) ADD_FAILURE() << error;
}

TEST_F(RedisClusterFaults, AFailoverOnCommandIsNotNoticed) {
  const auto store = OpenCluster(cluster_);
  WriteEverywhere(*store);
  Load load(*store, rows_);
  EXPECT_TRUE(load.Passes());
  cluster_.Promote(3, "");
  EXPECT_TRUE(load.Passes());
  WriteRows(*store, SampleRows(kRows, kTime + 1));
  cluster_.Promote(0, "");
  EXPECT_TRUE(load.Passes());
  load.Stop();
  for (const std::string& error : load.errors()) ADD_FAILURE() << error;
}

TEST_F(RedisClusterFaults, APrimaryMayDieUnderLoad) {
  cluster_.SetPatience(1000);
  const auto store = OpenCluster(cluster_);
  WriteEverywhere(*store);
  Load load(*store, rows_);
  EXPECT_TRUE(load.Passes());
  cluster_.server(1).Kill();
  EXPECT_TRUE(load.Fails());
  EXPECT_TRUE(load.Passes()) << "its replica takes over";
  EXPECT_TRUE(cluster_.IsPrimary(4));
  WriteRows(*store, SampleRows(kRows, kTime + 1));
  cluster_.server(1).Start();
  EXPECT_TRUE(cluster_.IsWell());
  EXPECT_TRUE(load.Passes());
  load.Stop();
  for (const std::string& error : load.unexpected()) ADD_FAILURE() << error;
  EXPECT_LT(load.longest(), milliseconds(5000));
  cluster_.Promote(1);
}

// Without its past a server is a cluster of its own, at an address where stores begin.
TEST_F(RedisClusterFaults, APrimaryMayComeBackAsAStranger) {
  const auto store = OpenCluster(cluster_);
  WriteEverywhere(*store);
  Load load(*store, rows_);
  EXPECT_TRUE(load.Passes());
  cluster_.server(1).Kill();
  EXPECT_TRUE(load.Fails());
  // Before a replica would copy the emptiness of the stranger.
  EXPECT_EQ(cluster_.Ask(4, {"CLUSTER", "FAILOVER", "TAKEOVER"}).text, "OK");
  cluster_.StartEmpty(1);
  EXPECT_TRUE(load.Passes());
  load.Stop();
  for (const std::string& error : load.unexpected()) ADD_FAILURE() << error;
  for (int i = 0; i < 5; ++i) {
    const Status fresh = ReadAll(*OpenCluster(cluster_), rows_);
    EXPECT_TRUE(fresh.ok()) << fresh.ToString();
  }
  cluster_.Rejoin(1, 4);
  EXPECT_TRUE(cluster_.IsWell());
  cluster_.Promote(1);
}

TEST_F(RedisClusterFaults, ASlowServerKeepsNoCallerPastItsDeadline) {
  const auto store = OpenCluster(cluster_);
  WriteRows(*store, rows_);
  ASSERT_TRUE(ReadAll(*store, rows_).ok());
  std::vector<Row> elsewhere;
  for (const Row& row : rows_) {
    if (cluster_.OwnerOf(row.key + "proj") != 1) elsewhere.push_back(row);
  }
  kill(cluster_.server(1).pid(), SIGSTOP);
  for (int i = 0; i < 3; ++i) {
    const Status late = ReadAll(*store, rows_, CallContext::WithTimeout(milliseconds(100)));
    EXPECT_EQ(late.code(), StatusCode::kDeadlineExceeded) << late.ToString();
    EXPECT_NE(late.message().find(cluster_.AddressOf(1)), std::string::npos) << late.message();
    EXPECT_TRUE(ReadAll(*store, elsewhere).ok()) << "the others are not held up";
  }
  kill(cluster_.server(1).pid(), SIGCONT);
  EXPECT_TRUE(ReadAll(*store, rows_).ok());
}

// Neither does one that has none wait for the same silence again and again.
TEST_F(RedisClusterFaults, AServerThatStaysSilentIsGivenUp) {
  const auto store = OpenCluster(cluster_, ",socket_timeout=0.1,socket_connect_timeout=1.5");
  WriteRows(*store, rows_);
  ASSERT_TRUE(ReadAll(*store, rows_).ok());
  kill(cluster_.server(1).pid(), SIGSTOP);
  const auto begin = steady_clock::now();
  const Status silent = ReadAll(*store, rows_);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(2900)) << "one connect, not two";
  kill(cluster_.server(1).pid(), SIGCONT);
  EXPECT_EQ(silent.code(), StatusCode::kUnavailable) << silent.ToString();
  EXPECT_NE(silent.message().find(cluster_.AddressOf(1)), std::string::npos) << silent.message();
  EXPECT_TRUE(Eventually([&] { return ReadAll(*store, rows_).ok(); }));
}

TEST_F(RedisClusterFaults, AReplicaThatIsAwayIsNotNoticed) {
  const auto store = OpenCluster(cluster_, ",read_from_replicas=true");
  WriteEverywhere(*store);
  Load load(*store, rows_);
  EXPECT_TRUE(load.Passes());
  cluster_.server(4).Kill();
  EXPECT_TRUE(load.Passes());
  EXPECT_TRUE(load.Passes());
  cluster_.server(4).Start();
  EXPECT_TRUE(cluster_.IsWell());
  EXPECT_TRUE(load.Passes());
  load.Stop();
  for (const std::string& error : load.errors()) ADD_FAILURE() << error;
}

TEST(RedisClusterTls, CertificatesUsersAndPasswords) {
  const TestFolder folder;
  const std::string key = folder.path() / "key";
  const std::string cert = folder.path() / "cert";
  WriteSelfSigned("test", key, cert, /*loopback=*/true);
  RedisTestCluster::Setup setup;
  setup.replicas = 0;
  setup.tls = true;
  setup.login = {"admin", "top secret"};
  setup.arguments = {"--tls-cert-file",
                     cert,
                     "--tls-key-file",
                     key,
                     "--tls-ca-cert-file",
                     cert,
                     "--tls-cluster",
                     "yes",
                     "--user",
                     "default",
                     "off",
                     "--user",
                     "admin",
                     "on",
                     ">top secret",
                     "~*",
                     "+@all",
                     "--user",
                     "app",
                     "on",
                     ">pass word",
                     "~*",
                     "+@all"};
  const RedisTestCluster cluster(setup);
  const auto rows = SampleRows(kRows, kTime);
  const std::string tls =
      ",ssl=true,ssl_ca_certs=" + cert + ",ssl_certfile=" + cert + ",ssl_keyfile=" + key;
  const std::string app = tls + ",username=app,password=pass word";
  for (const std::string& connection : {app, app + ",protocol=3"}) {
    const auto store = OpenCluster(cluster, connection);
    WriteRows(*store, rows);
    const Status good = ReadAll(*store, rows);
    EXPECT_TRUE(good.ok()) << good.ToString();
    ASSERT_TRUE(store->Teardown({}, std::vector{MakeTable()}).ok());
    EXPECT_EQ(cluster.Keys(), 0);
  }
  const auto code_of = [&](const std::string& more) {
    const Status status = ReadAll(*OpenCluster(cluster, more), rows);
    EXPECT_EQ(status.message().find("wrong"), std::string::npos) << status.message();
    return status.code();
  };
  EXPECT_EQ(code_of(tls), StatusCode::kUnauthenticated);
  EXPECT_EQ(code_of(tls + ",username=app,password=wrong"), StatusCode::kUnauthenticated);
  EXPECT_EQ(code_of(",ssl=true,ssl_ca_certs=" + cert), StatusCode::kUnavailable)
      << "without a certificate of its own";
}

}  // namespace
}  // namespace feast
