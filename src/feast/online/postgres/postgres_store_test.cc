#include "feast/online/postgres/postgres_store.h"

#include <gtest/gtest.h>

#include "feast/online/conformance.h"
#include "feast/online/postgres/test_store.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::StringValue;
using Rows = std::vector<std::string>;

std::string NewSchema() {
  static int number = 0;
  return "schema_" + std::to_string(++number);
}

class PostgresQuirks final : public OnlineStoreQuirks {
 public:
  Result<std::unique_ptr<OnlineStore>> Open() override {
    return TryOpenStore(TestPostgres::Shared(), schema_);
  }
  Micros time_precision() const override { return 1; }

 private:
  const std::string schema_ = NewSchema();
};

class PostgresStoreTest : public testing::Test {
 protected:
  void Open(std::vector<Setting::Entry> more = {}) {
    store_ = OpenStore(TestPostgres::Shared(), schema_, std::move(more));
    sql_.Query("SET search_path = " + schema_ + "; SET timezone = 'UTC'");
  }
  void Apply(const std::vector<std::shared_ptr<const OnlineTable>>& tables) {
    const Status status = store_->UpdateInfrastructure({}, {tables, {}});
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  void Write(const std::vector<online_conformance::Row>& rows) {
    const Status status = store_->WriteAndWait({}, MakeBatch(table_, rows));
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  Rows Indexes(const std::string& table) {
    return sql_.Query("SELECT indexdef FROM pg_indexes WHERE schemaname = '" + schema_ +
                      "' AND tablename = '" + table + "' ORDER BY indexname");
  }

  const std::string schema_ = NewSchema();
  const std::shared_ptr<const OnlineTable> table_ = MakeTable();
  std::unique_ptr<OnlineStore> store_;
  TestSql sql_{TestPostgres::Shared()};
};

TEST_F(PostgresStoreTest, WritesUpstreamsTable) {
  Open();
  Apply({table_});
  Write({{"k", 1704164645678901, {StringValue("x"), ""}}});
  EXPECT_EQ(sql_.Query("SELECT encode(entity_key, 'hex'), feature_name, encode(value, 'hex'), "
                       "value_text, vector_value, event_ts, created_ts FROM proj_stats "
                       "ORDER BY feature_name"),
            (Rows{"6b|a|120178|x|NULL|2024-01-02 03:04:05.678901+00|NULL",
                  "6b|b||NULL|NULL|2024-01-02 03:04:05.678901+00|NULL"}));
  EXPECT_EQ(
      sql_.Query("SELECT column_name, data_type, is_nullable FROM "
                 "information_schema.columns WHERE table_schema = '" +
                 schema_ + "' ORDER BY ordinal_position"),
      (Rows{"entity_key|bytea|NO", "feature_name|text|NO", "value|bytea|YES", "value_text|text|YES",
            "vector_value|bytea|YES", "event_ts|timestamp with time zone|YES",
            "created_ts|timestamp with time zone|YES"}));
  const std::string on = schema_ + ".proj_stats USING ";
  EXPECT_EQ(
      Indexes("proj_stats"),
      (Rows{"CREATE INDEX proj_stats_ek ON " + on + "btree (entity_key)",
            "CREATE INDEX proj_stats_fts_idx ON " + on +
                "gin (to_tsvector('english'::regconfig, value_text))",
            "CREATE UNIQUE INDEX proj_stats_pkey ON " + on + "btree (entity_key, feature_name)"}));
}

TEST_F(PostgresStoreTest, OnlyStringsAreIndexedForTextSearch) {
  OnlineTable numbers = *MakeTable("numbers");
  for (OnlineFeature& feature : numbers.features) feature.type = ValueType::kInt64;
  Open();
  Apply({std::make_shared<const OnlineTable>(numbers)});
  EXPECT_EQ(Indexes("proj_numbers").size(), 2);
}

TEST_F(PostgresStoreTest, KeepsNumbersWhereTheTableHasThem) {
  const std::string seven("\x20\x07", 2);  // int64 7
  Open();
  Apply({table_});
  Write({{"k", 1, {seven, StringValue("x")}}});
  Open({{"enable_openai_compatible_store", Setting::Scalar("true")}});
  Apply({table_});
  Write({{"l", 1, {seven, StringValue("x")}}});
  EXPECT_EQ(sql_.Query("SELECT feature_name, value_text, value_num FROM proj_stats "
                       "ORDER BY entity_key, feature_name"),
            (Rows{"a|7|NULL", "b|x|NULL", "a|7|7", "b|x|NULL"}));
  Open();  // whoever has not switched it on must not leave the old number
  Write({{"l", 2, {std::string("\x20\x08", 2), ""}}});
  EXPECT_EQ(sql_.Query("SELECT value_num FROM proj_stats WHERE entity_key = 'l' AND "
                       "feature_name = 'a'"),
            Rows{"8"});
}

TEST_F(PostgresStoreTest, OnlyTheTextForSearchingLosesNul) {
  const std::string value(
      "\x12\x03"
      "a\0b",
      5);
  Open();
  Apply({table_});
  Write({{"k", 1, {value, ""}}});
  EXPECT_EQ(sql_.Query("SELECT encode(value, 'hex'), value_text FROM proj_stats WHERE "
                       "feature_name = 'a'"),
            Rows{"1203610062|ab"});
}

TEST_F(PostgresStoreTest, ServesTablesOfOldReleases) {
  Open();
  sql_.Query("CREATE SCHEMA " + schema_ +
             "; CREATE TABLE proj_stats (entity_key BYTEA, feature_name "
             "TEXT, value BYTEA, event_ts TIMESTAMPTZ, created_ts TIMESTAMPTZ, PRIMARY "
             "KEY(entity_key, feature_name)); INSERT INTO proj_stats VALUES ('k', 'a', NULL, NULL, "
             "NULL)");
  auto rows = store_->ReadAndWait({}, {{table_, {"a", "b"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_TRUE((*rows)[0].cells[0].found);
  EXPECT_EQ((*rows)[0].event_times[0], 0);
  Write({{"k", 5000000, {StringValue("y"), ""}}});
  rows = store_->ReadAndWait({}, {{table_, {"a"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("y"));
}

TEST_F(PostgresStoreTest, AStaleVectorDoesNotStay) {
  Open();
  Apply({table_});
  Write({{"k", 1, {StringValue("x"), ""}}});
  sql_.Query("UPDATE proj_stats SET vector_value = 'v'");
  Write({{"k", 2, {StringValue("y"), ""}}});
  EXPECT_EQ(sql_.Query("SELECT DISTINCT vector_value FROM proj_stats"), Rows{"NULL"});
}

TEST_F(PostgresStoreTest, ABatchOfManyStatementsIsWrittenWhole) {
  constexpr int kRows = 20'000;
  Open({{"conn_type", Setting::Scalar("pool")}, {"max_conn", Setting::Scalar("3")}});
  Apply({table_});
  std::vector<online_conformance::Row> rows;
  rows.reserve(kRows);
  for (int i = 0; i < kRows; ++i) {
    rows.push_back({"key" + std::to_string(i % (kRows / 2)), i, {StringValue("x"), ""}});
  }
  Write(rows);
  EXPECT_EQ(sql_.Query("SELECT count(*), min(event_ts) FROM proj_stats"),
            Rows{std::to_string(kRows) + "|1970-01-01 00:00:00.01+00"});
}

TEST_F(PostgresStoreTest, ReadsOnlyWhatIsAsked) {
  Open();
  Apply({table_});
  Write({{"k", 1, {StringValue("x"), StringValue("y")}}});
  const auto rows = store_->ReadAndWait(
      {}, {{table_, {"b", "zz", "a"}, {"k"}}, {table_, {"a"}, {}}, {table_, {}, {"k", "l"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("y"));
  EXPECT_FALSE((*rows)[0].cells[1].found);
  EXPECT_EQ((*rows)[0].cells[2].value, StringValue("x"));
  EXPECT_TRUE((*rows)[1].cells.empty());
  EXPECT_EQ((*rows)[2].event_times, (std::vector<std::optional<Micros>>{1, std::nullopt}));
}

TEST_F(PostgresStoreTest, AnotherSchemasTableIsNotDropped) {
  Open();
  Apply({table_});
  sql_.Query("CREATE TABLE public.proj_elsewhere (entity_key BYTEA)");
  const Status dropped = store_->UpdateInfrastructure({}, {{}, {MakeTable("elsewhere")}});
  EXPECT_TRUE(dropped.ok()) << dropped.ToString();
  EXPECT_EQ(sql_.Query("SELECT count(*) FROM pg_tables WHERE tablename = 'proj_elsewhere'"),
            Rows{"1"});
  sql_.Query("DROP TABLE public.proj_elsewhere");
}

TEST_F(PostgresStoreTest, TablesWhoseLongNamesAreCutAlikeAreRefused) {
  Open();
  const std::string prefix(70, 'v');
  const Status status =
      store_->UpdateInfrastructure({}, {{MakeTable(prefix + "1"), MakeTable(prefix + "2")}, {}});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("proj_" + prefix + "2"), std::string::npos) << status.message();
}

}  // namespace

INSTANTIATE_ONLINE_STORE_CONFORMANCE(Postgres, PostgresQuirks)

}  // namespace feast
