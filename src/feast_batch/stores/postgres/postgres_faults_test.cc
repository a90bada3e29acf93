// Servers that die, refuse, wait or are not there; calls that end; settings that are wrong.
#include <gmock/gmock.h>

#include <future>

#include "feast/types/arrow_stream.h"
#include "feast_batch/stores/postgres/postgres_quirks.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const core::DataSource kStats = PostgresSourceAt("stats", "stats");

HistoricalView View() {
  HistoricalView view;
  view.read = {kStats, "event_timestamp", "", {"driver_id"}, {"f"}};
  view.entity_columns = {"driver_id"};
  view.output_names = {"f"};
  view.view = "driver stats";
  return view;
}

PullPlan All() {
  PullPlan plan;
  plan.read = View().read;
  return plan;
}

Result<std::shared_ptr<arrow::Table>> Join(OfflineStore& store, const CallContext& context = {}) {
  HistoricalPlan plan;
  plan.views = {View()};
  plan.entity_timestamp = "event_timestamp";
  return TableOf(store.GetHistorical(
      context, plan,
      StreamOf(MakeTable({{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"10"}}}))));
}

class PostgresOfflineFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = Open({});
    sql_.Query("SET search_path = " + place_.schema());
    Fill(sql_, 10);
  }
  static void Fill(TestSql& sql, int rows) {
    sql.Query(
        "CREATE TABLE stats AS SELECT i::bigint AS driver_id, "
        "'2024-01-01'::timestamptz + i * interval '1 second' AS event_timestamp, "
        "i::float8 AS f FROM generate_series(1, " +
        std::to_string(rows) + ") i");
  }
  std::unique_ptr<OfflineStore> Open(std::vector<Setting::Entry> more) {
    auto store = place_.OpenWith(std::move(more));
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // A role of this test alone.
  std::string Role(const std::string& options) {
    std::string role = place_.schema() + "_role";
    sql_.Query("CREATE ROLE " + role + " LOGIN " + options);
    sql_.Query("GRANT USAGE ON SCHEMA " + place_.schema() + " TO " + role);
    return role;
  }
  std::unique_ptr<OfflineStore> OpenAs(const std::string& role, const std::string& password = "x") {
    return Open({{"user", Setting::Scalar(role)}, {"password", Setting::Scalar(password)}});
  }
  void Lock() { sql_.Query("BEGIN; LOCK TABLE stats IN ACCESS EXCLUSIVE MODE"); }
  // Our connections that wait for the lock, as another connection sees them: a transaction sees
  // what was so when it first looked.
  std::vector<std::string> Waiting() {
    return TestSql(PostgresQuirks::server())
        .Query(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
            "application_name = 'feast' AND query LIKE '%stats%'");
  }
  static std::string Where() {
    return "127.0.0.1:" + std::to_string(PostgresQuirks::server().port());
  }

  PostgresQuirks place_;
  std::unique_ptr<OfflineStore> store_;
  TestSql sql_{PostgresQuirks::server()};
};

TEST_F(PostgresOfflineFaults, AServerThatDiesInTheMiddle) {
  const auto server = TestPostgres::Make();
  ASSERT_NE(server, nullptr);
  {
    TestSql sql(*server);
    Fill(sql, 1'000'000);
  }
  const auto module = OpenBatchModule();
  const auto store =
      (*module)->OpenOfflineStore("postgres", server->Settings("public"), {server->folder(), ""});
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  auto stream = (*store)->Pull({}, All());
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  OwnedArray batch;
  ASSERT_TRUE(NextBatch(stream->get(), batch.get()).ok());
  server->Stop();
  Result<bool> more = true;
  while (more.ok() && *more) more = NextBatch(stream->get(), batch.get());
  const Status& status = more.status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("127.0.0.1:" + std::to_string(server->port())),
                                      HasSubstr("terminat")));
  EXPECT_THAT(Join(**store).status().message(), HasSubstr("cannot connect"));
  EXPECT_EQ(Join(**store).status().code(), StatusCode::kUnavailable);
}

TEST_F(PostgresOfflineFaults, AWrongPasswordIsNotShown) {
  PostgresQuirks::server();
  sql_.Query("DROP ROLE IF EXISTS locked");
  sql_.Query("CREATE ROLE locked LOGIN PASSWORD 's3cret'");
  const auto store = OpenAs("locked", "t0psecret");
  const Status status = Join(*store).status();
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr(Where()), HasSubstr("password authentication failed"),
                    HasSubstr("locked"), Not(HasSubstr("t0psecret"))));
  EXPECT_THAT(Join(*OpenAs("locked", "s3cret")).status().message(),
              Not(HasSubstr("authentication")));
}

TEST_F(PostgresOfflineFaults, MissingRightsNameTheTable) {
  const auto store = OpenAs(Role(""));
  const Status join = Join(*store).status();
  EXPECT_EQ(join.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(join.message(), AllOf(HasSubstr("driver stats"), HasSubstr("source 'stats'"),
                                    HasSubstr("permission denied"), HasSubstr(Where())));
  const Status pull = TableOf(store->Pull({}, All())).status();
  EXPECT_THAT(pull.message(), AllOf(HasSubstr("stats"), HasSubstr("permission denied")));
  EXPECT_EQ(store
                ->WriteRows({}, kStats,
                            StreamOf(MakeTable({{"driver_id", kInt, {"1"}},
                                                {"event_timestamp", kUtc, {"1"}},
                                                {"f", kFloat, {"1"}}})))
                .code(),
            StatusCode::kPermissionDenied);
}

TEST_F(PostgresOfflineFaults, ColumnsThatAreNotReadNeedNoRights) {
  sql_.Query("ALTER TABLE stats ADD COLUMN secret text");
  const std::string role = Role("");
  sql_.Query("GRANT SELECT (driver_id, event_timestamp, f) ON stats TO " + role);
  EXPECT_TRUE(TableOf(OpenAs(role)->Pull({}, All())).ok());
}

TEST_F(PostgresOfflineFaults, AServerThatOnlyReadsSaysSo) {
  const std::string role = Role("");
  sql_.Query("GRANT SELECT ON stats TO " + role);
  sql_.Query("ALTER ROLE " + role + " SET default_transaction_read_only = on");
  const auto store = OpenAs(role);
  const Status join = Join(*store).status();
  EXPECT_EQ(join.code(), StatusCode::kFailedPrecondition) << join.ToString();
  EXPECT_THAT(join.message(), HasSubstr("read-only"));
  EXPECT_TRUE(TableOf(store->Pull({}, All())).ok());
}

TEST_F(PostgresOfflineFaults, ADeadlineEndsTheServersWork) {
  Lock();
  for (const bool pull : {true, false}) {
    const auto context = CallContext::WithTimeout(std::chrono::milliseconds(200));
    const Status status =
        pull ? TableOf(store_->Pull(context, All())).status() : Join(*store_, context).status();
    EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status.ToString();
  }
  EXPECT_TRUE(Eventually([&] { return Waiting().empty(); }));
}

TEST_F(PostgresOfflineFaults, CancellingEndsTheServersWork) {
  Lock();
  const CallContext context;
  auto answer = std::async(std::launch::async,
                           [&] { return TableOf(store_->Pull(context, All())).status(); });
  EXPECT_TRUE(Eventually([&] { return !Waiting().empty(); }));
  context.Cancel();
  EXPECT_EQ(answer.get().code(), StatusCode::kCancelled);
  EXPECT_TRUE(Eventually([&] { return Waiting().empty(); }));
}

TEST_F(PostgresOfflineFaults, TheServersOwnLimitHolds) {
  const std::string role = Role("");
  sql_.Query("GRANT SELECT ON stats TO " + role);
  sql_.Query("ALTER ROLE " + role + " SET statement_timeout = '50ms'");
  const auto store = OpenAs(role);
  Lock();
  const auto context = CallContext::WithTimeout(std::chrono::minutes(10));
  const Status status = TableOf(store->Pull(context, All())).status();
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("statement timeout"), HasSubstr(Where())));
}

TEST_F(PostgresOfflineFaults, AStreamThatIsDroppedEndsItsQuery) {
  sql_.Query("INSERT INTO stats SELECT 1, now(), i FROM generate_series(1, 1000000) i");
  {
    auto stream = store_->Pull({}, All());
    ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  }
  EXPECT_TRUE(Eventually([&] {
    return sql_
        .Query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'feast' AND "
            "query LIKE '%stats%'")
        .empty();
  }));
}

TEST_F(PostgresOfflineFaults, RowsThatFailOnTheirWayAreNotWritten) {
  sql_.Query("ALTER TABLE stats ADD CONSTRAINT small CHECK (f < 100)");
  const Status status = store_->WriteRows({}, kStats,
                                          StreamOf(MakeTable({{"driver_id", kInt, {"1", "2"}},
                                                              {"event_timestamp", kUtc, {"1", "1"}},
                                                              {"f", kFloat, {"1", "100"}}})));
  EXPECT_THAT(status.message(), AllOf(HasSubstr("source 'stats'"), HasSubstr("small")));
  EXPECT_EQ(sql_.Query("SELECT count(*) FROM stats").front(), "10");
  // The first of many, so that the server refuses before all is sent.
  Cells keys(500'000, "1"), times(keys.size(), "1"), values(keys.size(), "1");
  values[0] = "100";
  const Status early = store_->WriteRows(
      {}, kStats,
      StreamOf(MakeTable(
          {{"driver_id", kInt, keys}, {"event_timestamp", kUtc, times}, {"f", kFloat, values}})));
  EXPECT_THAT(early.message(), AllOf(HasSubstr("source 'stats'"), HasSubstr("small")));
  EXPECT_EQ(sql_.Query("SELECT count(*) FROM stats").front(), "10");
}

TEST_F(PostgresOfflineFaults, OtherServersAndDatabasesAreNamed) {
  const auto port = std::to_string(FreePort());
  const Status nobody = Join(*Open({{"port", Setting::Scalar(port)}})).status();
  EXPECT_EQ(nobody.code(), StatusCode::kUnavailable);
  EXPECT_THAT(nobody.message(), AllOf(HasSubstr("cannot connect"), HasSubstr("127.0.0.1:" + port)));
  EXPECT_THAT(Join(*Open({{"database", Setting::Scalar("nope")}})).status().message(),
              HasSubstr("\"nope\" does not exist"));
  core::DataSource file;
  file.set_name("from a file");
  file.mutable_file_options()->set_uri("x.parquet");
  EXPECT_THAT(store_->DescribeSource({}, file).status().message(),
              AllOf(HasSubstr("from a file"), HasSubstr("PostgreSQL sources")));
  EXPECT_THAT(store_->DescribeSource({}, PostgresSourceAt("empty", "")).status().message(),
              AllOf(HasSubstr("empty"), HasSubstr("neither")));
}

TEST_F(PostgresOfflineFaults, WrongSettingsAreNamed) {
  const auto error = [&](const char* key, const Setting& value) {
    const Status status = place_.OpenWith({{key, value}}).status();
    EXPECT_EQ(status.kind(), ErrorKind::kFeastConfigError) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("feature_store.yaml"),
                                        HasSubstr("offline_store." + std::string(key))));
    return status.message();
  };
  EXPECT_THAT(error("entity_select_mode", Setting::Scalar("both")), HasSubstr("embed_query"));
  error("port", Setting::Scalar("70000"));
  error("sslmode", Setting::Scalar("maybe"));
  error("host", Setting());
  const Setting number = Setting::Scalar("12345678");
  EXPECT_THAT(error("password", number), Not(HasSubstr("12345678")));
  EXPECT_THAT(place_.OpenWith({{"vector_enabled", Setting::Scalar("true")}}).status().message(),
              HasSubstr("vector_enabled"));
  EXPECT_TRUE(place_
                  .OpenWith({{"entity_select_mode", Setting::Scalar("embed_query")},
                             {"conn_type", Setting::Scalar("pool")},
                             {"min_conn", Setting::Scalar("2")},
                             {"max_conn", Setting::Scalar("4")},
                             {"keepalives_idle", Setting::Scalar("30")}})
                  .ok());
}

}  // namespace
}  // namespace feast
