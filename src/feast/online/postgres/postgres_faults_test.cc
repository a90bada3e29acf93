#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include <boost/asio/post.hpp>

#include "feast/net/event_loop.h"
#include "feast/online/postgres/postgres_client_internal.h"
#include "feast/online/postgres/test_store.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::StringValue;
using Rows = std::vector<std::string>;
using ReadResult = Result<std::vector<TableRows>>;

void ExpectNames(const Status& status, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    EXPECT_NE(status.message().find(text), std::string::npos)
        << text << " is not in: " << status.ToString();
  }
}

std::string NewSchema() {
  static int number = 0;
  return "faults_" + std::to_string(++number);
}

/// A store with one row in `proj_stats`, and a second connection that can hold it up.
class PostgresFaults : public testing::Test {
 protected:
  explicit PostgresFaults(TestPostgres& server = TestPostgres::Shared())
      : server_(server), schema_(NewSchema()) {}

  void SetUp() override { Open(); }

  void Open(std::vector<Setting::Entry> more = {}) {
    store_ = OpenStore(server_, schema_, std::move(more));
    Status status = store_->UpdateInfrastructure({}, {{table_, other_}, {}});
    ASSERT_TRUE(status.ok()) << status.ToString();
    status = store_->WriteAndWait({}, MakeBatch(table_, {{"k", 1, {StringValue("x"), ""}}}));
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  ReadResult Read(const CallContext& context = {}) {
    return store_->ReadAndWait(context, {{table_, {"a", "b"}, {"k"}}});
  }
  std::future<ReadResult> StartRead(const CallContext& context = {}) {
    const auto promise = std::make_shared<std::promise<ReadResult>>();
    store_->Read(context, {{table_, {"a", "b"}, {"k"}}},
                 [promise](ReadResult rows) { promise->set_value(std::move(rows)); });
    return promise->get_future();
  }
  static void ExpectRow(const ReadResult& rows) {
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_EQ((*rows)[0].cells[0].value, StringValue("x"));
  }

  /// Until Unlock, whoever reads the table waits in the server.
  void Lock(TestSql& sql) {
    sql.Query("BEGIN; LOCK TABLE " + schema_ + ".proj_stats IN ACCESS EXCLUSIVE MODE");
  }
  void Unlock(TestSql& sql) { sql.Query("COMMIT"); }
  /// Of our connections those that wait for a lock.
  Rows Waiting(TestSql& sql) {
    return sql.Query(
        "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND "
        "application_name = 'feast' AND relation = '" +
        schema_ + ".proj_stats'::regclass");
  }
  std::string Where() const { return "127.0.0.1:" + std::to_string(server_.port()); }

  TestPostgres& server_;
  const std::string schema_;
  const std::shared_ptr<const OnlineTable> table_ = MakeTable();
  const std::shared_ptr<const OnlineTable> other_ = MakeTable("other");
  std::unique_ptr<OnlineStore> store_;
};

/// With a server of its own, to stop and start.
class PostgresOutage : public PostgresFaults {
 protected:
  PostgresOutage() : PostgresOutage(TestPostgres::Make()) {}

 private:
  explicit PostgresOutage(std::unique_ptr<TestPostgres> server)
      : PostgresFaults(*server), own_(std::move(server)) {}
  const std::unique_ptr<TestPostgres> own_;
};

TEST_F(PostgresOutage, FailsWhileTheServerIsDownAndRecoversByItself) {
  ExpectRow(Read());
  server_.Stop();
  for (int i = 0; i < 3; ++i) {
    const Status down = Read().status();
    EXPECT_EQ(down.code(), StatusCode::kUnavailable) << down.ToString();
    ExpectNames(down, {Where()});
    const Status unwritten =
        store_->WriteAndWait({}, MakeBatch(table_, {{"k", 2, {StringValue("x"), ""}}}));
    EXPECT_EQ(unwritten.code(), StatusCode::kUnavailable) << unwritten.ToString();
  }
  ASSERT_TRUE(server_.Start());
  EXPECT_TRUE(Eventually([&] { return Read().ok(); }));
  ExpectRow(Read());
}

TEST_F(PostgresFaults, ACutConnectionIsMadeAgain) {
  TestSql sql(server_);
  ExpectRow(Read());
  sql.Query(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = "
      "'feast'");
  ExpectRow(Read());
}

TEST_F(PostgresFaults, WhatACutConnectionHadNotAnsweredIsTriedAgain) {
  TestSql sql(server_);
  TestSql look(server_);
  Lock(sql);
  auto rows = StartRead();
  Rows waiting;
  ASSERT_TRUE(Eventually([&] { return !(waiting = Waiting(look)).empty(); }));
  look.Query("SELECT pg_terminate_backend(" + waiting[0] + ")");
  ASSERT_TRUE(Eventually([&] {
    const Rows now = Waiting(look);
    return !now.empty() && now != waiting;
  }));
  Unlock(sql);
  ExpectRow(rows.get());
}

TEST_F(PostgresFaults, ADeadlineEndsASlowQueryHereAndThere) {
  TestSql sql(server_);
  TestSql look(server_);
  Lock(sql);
  auto endless = StartRead();  // waits in the same connection, behind the next one or before it
  auto rows = StartRead(CallContext::WithTimeout(std::chrono::milliseconds(50)));
  const Status late = rows.get().status();
  EXPECT_EQ(late.code(), StatusCode::kDeadlineExceeded) << late.ToString();
  ExpectNames(late, {Where()});
  Unlock(sql);
  ExpectRow(endless.get());

  Lock(sql);
  const Status alone = Read(CallContext::WithTimeout(std::chrono::milliseconds(50))).status();
  EXPECT_EQ(alone.code(), StatusCode::kDeadlineExceeded) << alone.ToString();
  // Nobody waits behind it, though the table is still locked, and the server gives up.
  const auto other = store_->ReadAndWait({}, {{other_, {"a"}, {"k"}}});
  EXPECT_TRUE(other.ok()) << other.status().ToString();
  EXPECT_TRUE(Eventually([&] { return Waiting(look).empty(); }));
  Unlock(sql);
  ExpectRow(Read());
}

TEST_F(PostgresFaults, CancellationIsNoticedWhileTheServerWorks) {
  TestSql sql(server_);
  Lock(sql);
  const CallContext context;
  auto rows = StartRead(context);
  context.Cancel();
  EXPECT_EQ(rows.get().status().code(), StatusCode::kCancelled);
  Unlock(sql);
}

TEST_F(PostgresFaults, APoolServesOthersWhileOneWaits) {
  Open({{"conn_type", Setting::Scalar("pool")}, {"max_conn", Setting::Scalar("2")}});
  TestSql sql(server_);
  TestSql look(server_);
  Lock(sql);
  auto rows = StartRead();
  ASSERT_TRUE(Eventually([&] { return !Waiting(look).empty(); }));
  // The second connection is made while the first is busy; what comes meanwhile waits behind it.
  EXPECT_TRUE(Eventually([&] {
    const auto soon = CallContext::WithTimeout(std::chrono::milliseconds(200));
    return store_->ReadAndWait(soon, {{other_, {"a"}, {"k"}}}).ok();
  }));
  EXPECT_EQ(rows.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  Unlock(sql);
  ExpectRow(rows.get());
}

TEST_F(PostgresFaults, TheQueueIsBounded) {
  TestSql sql(server_);
  Lock(sql);
  std::vector<std::future<ReadResult>> rows;
  // The first to come finds a connection's settings still under way, or not.
  for (size_t i = 0; i < PostgresClient::kMaxPending + 2; ++i) rows.push_back(StartRead());
  const Status full = rows.back().get().status();
  EXPECT_EQ(full.code(), StatusCode::kResourceExhausted) << full.ToString();
  ExpectNames(full, {Where(), std::to_string(PostgresClient::kMaxPending)});
  rows.pop_back();
  Unlock(sql);
  const auto failed =
      std::count_if(rows.begin(), rows.end(), [](auto& row) { return !row.get().ok(); });
  EXPECT_LE(failed, 1);
  ExpectRow(Read());
}

TEST_F(PostgresFaults, AWriterThatLosesAgainstAnotherTriesAgain) {
  const auto write = [&](Micros time) {
    return store_->WriteAndWait({}, MakeBatch(table_, {{"k", time, {StringValue("x"), ""}},
                                                       {"l", time, {StringValue("x"), ""}}}));
  };
  ASSERT_TRUE(write(1).ok());
  TestSql sql(server_);
  TestSql look(server_);
  // This one never finds the deadlock itself, so ours is the one that is ended.
  sql.Query("SET deadlock_timeout = '1h'; SET lock_timeout = '30s'; SET search_path = " + schema_);
  const std::string update = "UPDATE proj_stats SET created_ts = now() WHERE entity_key = ";
  sql.Query("BEGIN; " + update + "'l'");
  auto written = std::async(std::launch::async, [&] { return write(2); });
  ASSERT_TRUE(Eventually([&] {
    return !look.Query(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                    "application_name = 'feast'")
                .empty();
  }));
  sql.Query(update + "'k'; COMMIT");
  const Status status = written.get();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(PostgresFaults, AWrongPasswordIsNotShown) {
  TestSql(server_).Query("CREATE ROLE locked LOGIN SUPERUSER PASSWORD 's3cret'");
  const auto open = [&](const std::string& password) {
    return OpenStore(
        server_, schema_,
        {{"user", Setting::Scalar("locked")}, {"password", Setting::Scalar(password)}});
  };
  const Status refused = open("wr0ng")->ReadAndWait({}, {{table_, {"a"}, {"k"}}}).status();
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable) << refused.ToString();
  ExpectNames(refused, {Where(), "password authentication failed for user \"locked\""});
  EXPECT_EQ(refused.message().find("wr0ng"), std::string::npos) << refused.message();
  EXPECT_TRUE(open("s3cret")->ReadAndWait({}, {{table_, {"a"}, {"k"}}}).ok());
}

TEST_F(PostgresFaults, WhatCannotBeReachedIsNamed) {
  const auto status_of = [&](const std::string& key, const std::string& value) {
    const auto store = OpenStore(server_, schema_, {{key, Setting::Scalar(value)}});
    const auto rows = store->ReadAndWait({}, {{table_, {"a"}, {"k"}}});
    EXPECT_EQ(rows.status().code(), StatusCode::kUnavailable) << rows.status().ToString();
    return rows.status();
  };
  ExpectNames(status_of("database", "nowhere"), {Where(), "database \"nowhere\" does not exist"});
  ExpectNames(status_of("host", "not a host"), {"not a host", "the host is not known"});
  const std::string port = std::to_string(FreePort());
  ExpectNames(status_of("port", port), {"127.0.0.1:" + port, "Connection refused"});
}

TEST_F(PostgresFaults, ASchemaThatIsNotThereHasNoTables) {
  const auto store = OpenStore(server_, "never_made");
  const Status status = store->ReadAndWait({}, {{table_, {"a"}, {"k"}}}).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status.ToString();
  ExpectNames(status, {Where(), "proj_stats", "feast apply"});
}

TEST_F(PostgresFaults, ATableThatComesLaterIsFoundByTheSameConnection) {
  const auto late = MakeTable("late");
  const auto read = [&] { return store_->ReadAndWait({}, {{late, {"a"}, {"k"}}}); };
  EXPECT_FALSE(read().ok());
  ASSERT_TRUE(store_->UpdateInfrastructure({}, {{late}, {}}).ok());
  EXPECT_TRUE(read().ok());
  ASSERT_TRUE(store_->UpdateInfrastructure({}, {{}, {late}}).ok());
  EXPECT_EQ(read().status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(PostgresFaults, NamesAndSocketFoldersAreHosts) {
  for (const std::string& host :
       {std::string("localhost"), server_.folder().string(), std::string("127.0.0.1,localhost")}) {
    const auto store = OpenStore(server_, schema_, {{"host", Setting::Scalar(host)}});
    ExpectRow(store->ReadAndWait({}, {{table_, {"a", "b"}, {"k"}}}));
  }
}

TEST_F(PostgresFaults, AnswersOnTheLoopOfTheCaller) {
  EventLoopThread thread;
  std::promise<EventLoop*> answered;
  boost::asio::post(thread.loop().context(), [&] {
    store_->Read({}, {{table_, {"a", "b"}, {"k"}}}, [&](const ReadResult& rows) {
      ExpectRow(rows);
      answered.set_value(EventLoop::Current());
    });
  });
  EXPECT_EQ(answered.get_future().get(), &thread.loop());
}

TEST(PostgresOptions, WrongOnesAreRefusedWithoutThePassword) {
  struct Case {
    Setting::Entry entry;
    std::vector<std::string> expected;
  };
  const std::vector<Case> cases = {
      {{"password", Setting::Scalar("12345", 7)}, {"line 7", "online_store.password", "quote"}},
      {{"conn_type", Setting::Scalar("many")}, {"conn_type", "singleton, pool"}},
      {{"port", Setting::Scalar("70000", 3)}, {"line 3", "port", "70000"}},
      {{"max_conn", Setting::Scalar("0")}, {"max_conn"}},
      {{"sslmode", Setting::Scalar("maybe")}, {"sslmode", "verify-full"}},
      {{"host", Setting()}, {"host"}},
      {{"no_such_key", Setting::Scalar("1")}, {"no_such_key"}}};
  for (const Case& wrong : cases) {
    const auto store = TryOpenStore(TestPostgres::Shared(), "public", {wrong.entry});
    ASSERT_FALSE(store.ok()) << wrong.entry.key;
    EXPECT_EQ(store.status().kind(), ErrorKind::kFeastConfigError);
    ExpectNames(store.status(), wrong.expected);
    EXPECT_EQ(store.status().message().find("12345"), std::string::npos);
  }
}

}  // namespace
}  // namespace feast
