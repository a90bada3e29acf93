// The conformance kit over tables and queries, then what is this store's own: routes of the join,
// types, SQL as entity rows, date ranges, tables that are written.
#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include "feast_batch/stores/conformance/random_cases.h"
#include "feast_batch/stores/postgres/postgres_quirks.h"

namespace feast {
namespace {

using namespace offline_conformance;  // NOLINT(google-build-using-namespace): a test's vocabulary
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PostgresStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = place_.Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
    sql_.Query("SET search_path = " + place_.schema());
    sql_.Query("SET timezone = 'UTC'");
  }
  static HistoricalView ViewOf(const core::DataSource& source,
                               std::vector<std::string> features = {"f"},
                               std::vector<std::string> keys = {"driver_id"}) {
    HistoricalView view;
    view.read = {source, "event_timestamp", "", keys, features};
    view.entity_columns = std::move(keys);
    view.output_names = std::move(features);
    view.view = "stats";
    return view;
  }
  Result<std::shared_ptr<arrow::Table>> Ask(std::vector<HistoricalView> views,
                                            const std::vector<Named>& entities) {
    HistoricalPlan plan;
    plan.views = std::move(views);
    plan.entity_timestamp = "event_timestamp";
    return TableOf(store_->GetHistorical({}, plan, StreamOf(MakeTable(entities))));
  }
  Cells AskF(const HistoricalView& view, const std::vector<Named>& entities) {
    const auto out = Ask({view}, entities);
    EXPECT_TRUE(out.ok()) << out.status().ToString();
    return out.ok() ? CellsOf(**out, "f") : Cells();
  }
  std::shared_ptr<arrow::Table> Pull(const core::DataSource& source,
                                     std::vector<std::string> features) {
    PullPlan plan;
    plan.read = ViewOf(source, std::move(features), {}).read;
    auto table = TableOf(store_->Pull({}, plan));
    EXPECT_TRUE(table.ok()) << table.status().ToString();
    return table.ok() ? *table : MakeTable({});
  }
  Result<std::shared_ptr<arrow::Table>> EntityRows(
      const std::string& sql, const std::vector<core::DataSource>& sources = {}) {
    return TableOf(store_->QueryEntityRows({}, sql, sources));
  }
  Result<std::shared_ptr<arrow::Table>> Range(std::vector<HistoricalView> views,
                                              std::optional<Micros> start, Micros end) {
    HistoricalPlan plan;
    plan.views = std::move(views);
    plan.start = start;
    plan.end = end;
    return TableOf(store_->GetHistorical({}, plan, OwnedStream()));
  }
  // V14's source, and h for V15.
  core::DataSource Stats() {
    sql_.Query(
        "CREATE TABLE stats (driver_id bigint, event_timestamp timestamptz, "
        "created timestamptz, f float8)");
    sql_.Query(
        "INSERT INTO stats VALUES (1, '2024-01-01 10:00', '2024-01-01 10:01', 1.0), "
        "(1, '2024-01-01 08:00', '2024-01-01 08:01', 0.8), "
        "(1, '2024-01-01 12:00', '2024-01-01 12:01', 1.2), "
        "(2, '2024-01-01 09:00', '2024-01-01 09:01', 0.9)");
    return PostgresSourceAt("stats", "stats");
  }
  core::DataSource Hours() {
    sql_.Query(
        "CREATE TABLE hours AS SELECT * FROM (VALUES "
        "(1::bigint, '2024-01-01 06:00'::timestamptz, 100), "
        "(2, '2024-01-01 07:00', 200)) AS h(driver_id, event_timestamp, h)");
    return PostgresSourceAt("hours", "hours");
  }

  PostgresQuirks place_;
  std::unique_ptr<OfflineStore> store_;
  TestSql sql_{PostgresQuirks::server()};
};

// ---------------------------------------------------------------- routes of the join

TEST_F(PostgresStoreTest, EveryRouteGivesTheRowsOfTheRule) {
  const RandomCases cases(20240102);
  ASSERT_TRUE(place_.MakeSource("cases", MakeTable(cases.Source())).ok());
  const auto asked = MakeTable(cases.Entities());
  const auto expect_the_rule = [&](const core::DataSource& source, const char* route) {
    HistoricalPlan plan;
    plan.entity_timestamp = "event_timestamp";
    plan.views = {ViewOf(source, {"f"}, {"case", "driver_id"})};
    const auto found = store_->Explain({}, plan, {asked->num_rows(), kDay, kDay + 9 * kHour});
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_THAT(found->views[0].route, HasSubstr(route));
    ExpectTheRule(
        cases, ViewOf(source), source.name() + ", " + route,
        [&](const HistoricalPlan& ask) { return store_->GetHistorical({}, ask, StreamOf(asked)); });
  };
  sql_.Query("ANALYZE cases");
  expect_the_rule(PostgresSourceAt("table", "cases"), "copy");
  expect_the_rule(PostgresSourceAt("query", "", "SELECT * FROM cases"), "copy");
  sql_.Query("CREATE INDEX ON cases (\"case\", driver_id, event_timestamp)");
  expect_the_rule(PostgresSourceAt("table", "cases"), "probing");
  sql_.Query("CREATE TABLE parts (LIKE cases) PARTITION BY HASH (\"case\")");
  sql_.Query("CREATE TABLE part0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0)");
  sql_.Query("CREATE TABLE part1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
  sql_.Query("INSERT INTO parts SELECT * FROM cases ORDER BY f");
  sql_.Query("ANALYZE parts");
  expect_the_rule(PostgresSourceAt("partitions", "parts"), "copy");
}

TEST_F(PostgresStoreTest, ExplainsTheRouteAndTakesIt) {
  sql_.Query(
      "CREATE TABLE big AS SELECT i % 100 AS driver_id, '2024-01-01'::timestamptz + "
      "i * interval '1 second' AS event_timestamp, i AS f FROM generate_series(1, 50000) i");
  sql_.Query("ANALYZE big");
  HistoricalPlan plan;
  plan.entity_timestamp = "event_timestamp";
  plan.views = {ViewOf(PostgresSourceAt("big", "big"))};
  const auto route = [&] {
    const auto found = store_->Explain({}, plan, {1000, kDay, kDay + 10 * kHour});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return found.ok() ? found->views[0].route + ": " + found->views[0].reason : "";
  };
  EXPECT_THAT(route(), AllOf(HasSubstr("copy with an index"), HasSubstr("a cost of")));
  sql_.Query("CREATE INDEX ON big (driver_id, event_timestamp)");
  EXPECT_THAT(route(), HasSubstr("by probing the source"));
  plan.views = {ViewOf(PostgresSourceAt("big", "", "SELECT * FROM big"))};
  EXPECT_THAT(route(), AllOf(HasSubstr("copy with an index"), HasSubstr("query")));
  EXPECT_THAT(sql_.Query("SELECT relname FROM pg_class WHERE relname LIKE 'feast_%'"),
              ElementsAre());
}

TEST_F(PostgresStoreTest, NanosecondsAreNotRoundedUp) {
  const auto source = Stats();
  const auto nanos = arrow::timestamp(arrow::TimeUnit::NANO);
  arrow::TimestampBuilder times(nanos, arrow::default_memory_pool());
  const int64_t eight = (kDay + 8 * kHour) * 1000;
  for (const int64_t time :
       {eight - 1, eight, eight + 1, eight + kHour * 1000, eight + kHour * 1000 + 1}) {
    ASSERT_TRUE(times.Append(time).ok());
  }
  arrow::Int32Builder keys;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(keys.Append(1).ok());
  const auto entities = arrow::Table::Make(arrow::schema({arrow::field("driver_id", arrow::int32()),
                                                          arrow::field("event_timestamp", nanos)}),
                                           {*keys.Finish(), *times.Finish()});
  HistoricalPlan plan;
  plan.views = {ViewOf(source)};
  plan.views[0].ttl = kHour;
  plan.entity_timestamp = "event_timestamp";
  const auto out = TableOf(store_->GetHistorical({}, plan, StreamOf(entities)));
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(CellsOf(**out, "f"), (Cells{kNull, "0.8", "0.8", "0.8", kNull}));
}

TEST_F(PostgresStoreTest, ManyBatchesKeepTheEntityRows) {
  sql_.Query(
      "CREATE TABLE many AS SELECT i % 1000 AS driver_id, '2024-01-01'::timestamptz + "
      "i * interval '1 second' AS event_timestamp, i AS f FROM generate_series(0, 9999) i");
  const auto rows = EntityRows(
      "SELECT i % 1001 AS driver_id, i AS label, '2024-02-01'::timestamptz "
      "AS event_timestamp FROM generate_series(0, 149999) i ORDER BY i");
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  HistoricalPlan plan;
  plan.views = {ViewOf(PostgresSourceAt("many", "many"))};
  plan.entity_timestamp = "event_timestamp";
  const auto out = TableOf(store_->GetHistorical({}, plan, StreamOf(*rows)));
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  ASSERT_EQ((*out)->num_rows(), 150000);
  EXPECT_GT((*out)->column(0)->num_chunks(), 1);
  const Cells labels = CellsOf(**out, "label"), values = CellsOf(**out, "f");
  for (int row = 0; row < 150000; ++row) {
    ASSERT_EQ(labels[row], std::to_string(row));
    const int key = row % 1001;
    ASSERT_EQ(values[row], key == 1000 ? std::nullopt : std::optional(std::to_string(9000 + key)));
  }
}

TEST_F(PostgresStoreTest, KeysOfEveryType) {
  struct Key {
    const char* type;
    const char* stored;
    Named asked;
  };
  const std::string uuid = "01234567-89ab-cdef-0123-456789abcdef";
  const std::vector<Key> keys = {
      {"smallint", "7", {"k", kInt, {"7", "70000"}}},
      {"integer", "7", {"k", kFloat, {"7", "7.5"}}},
      {"boolean", "true", {"k", arrow::boolean(), {"true", "false"}}},
      {"boolean", "true", {"k", kInt, {"1", "2"}}},
      {"real", "0.5", {"k", kFloat, {"0.5", "nan"}}},
      {"numeric(6,2)", "7.25", {"k", kFloat, {"7.25", "7.250001"}}},
      {"numeric", "7", {"k", kInt, {"7", "8"}}},
      {"numeric", "7.10", {"k", arrow::decimal128(5, 1), {"7.1", "7.2"}}},
      {"varchar(9)", "'é x'", {"k", kText, {"é x", "é"}}},
      {"char(9)", "'abc'", {"k", arrow::large_utf8(), {"abc", "abcd"}}},
      {"text", "'a'", {"k", arrow::binary(), {"a", "\xff"}}},
      {"name", "'a'", {"k", kText, {"a", "b"}}},
      {"bytea", "'\\x61'", {"k", arrow::binary(), {"a", "\xff"}}},
      {"inet", "'10.0.0.1'", {"k", kText, {"10.0.0.1/32", "no address"}}},
      {"uuid", "'01234567-89ab-cdef-0123-456789abcdef'", {"k", kText, {uuid, "no uuid"}}},
      {"timestamptz", "'2024-01-01 03:00+01'", {"k", kUtc, {"2", "3"}}},
      {"timestamp", "'2024-01-01 02:00'", {"k", kUtc, {"2", "3"}}},
      {"date", "'2024-01-01'", {"k", kNaive, {"0", "1"}}},
  };
  for (size_t at = 0; at < keys.size(); ++at) {
    const std::string table = "keys" + std::to_string(at);
    sql_.Query("CREATE TABLE " + table + " (k " + keys[at].type +
               ", event_timestamp timestamptz, f int)");
    sql_.Query("INSERT INTO " + table + " VALUES (" + keys[at].stored + ", '2024-01-01', 1)");
    const std::vector<Named> entities = {keys[at].asked, {"event_timestamp", kUtc, {"1", "1"}}};
    for (const auto& source : {PostgresSourceAt("keys", table),
                               PostgresSourceAt("keys", "", "SELECT * FROM " + table)}) {
      EXPECT_EQ(AskF(ViewOf(source, {"f"}, {"k"}), entities), (Cells{"1", kNull}))
          << keys[at].type << " against " << keys[at].asked.type->ToString();
    }
  }
}

// ---------------------------------------------------------------- types

struct TypeCase {
  const char* sql;    // a value
  ValueType value;    // what inference says
  const char* arrow;  // what it is read as
  const char* text;   // how it is read
};

const TypeCase kTypeCases[] = {
    {"true", ValueType::kBool, "bool", "true"},
    {"'\\x6100ff'::bytea", ValueType::kBytes, "binary", ""},
    {"'c'::\"char\"", ValueType::kString, "string", "c"},
    {"'n'::name", ValueType::kString, "string", "n"},
    {"(-9223372036854775807)::bigint", ValueType::kInt64, "int64", "-9223372036854775807"},
    {"(-2)::smallint", ValueType::kInt32, "int32", "-2"},
    {"2147483647", ValueType::kInt32, "int32", "2147483647"},
    {"'é'", ValueType::kString, "string", "é"},
    {"'{\"a\": 1}'::json", ValueType::kMap, "string", "{\"a\": 1}"},
    {"0.25::real", ValueType::kFloat, "float", "0.25"},
    {"0.1::float8", ValueType::kDouble, "double", "0.1"},
    {"'ab'::char(3)", ValueType::kString, "string", "ab "},
    {"'v'::varchar(3)", ValueType::kString, "string", "v"},
    {"'2024-01-02'::date", ValueType::kUnixTimestamp, "timestamp[us]", "24"},
    {"'00:30'::time", ValueType::kUnixTimestamp, "timestamp[us]", "-473351.5"},
    {"'2024-01-01 01:30'::timestamp", ValueType::kUnixTimestamp, "timestamp[us]", "1.5"},
    {"'2024-01-01 01:30+01'::timestamptz", ValueType::kUnixTimestamp, "timestamp[us, tz=UTC]",
     "0.5"},
    {"1.50::numeric(8,2)", ValueType::kDouble, "double", "1.5"},
    {"'01234567-89AB-CDEF-0123-456789abcdef'::uuid", ValueType::kUuid, "string",
     "01234567-89ab-cdef-0123-456789abcdef"},
    {"'{\"b\":  2}'::jsonb", ValueType::kMap, "string", "{\"b\": 2}"},
    {"interval '1 day'", ValueType::kString, "string", "1 day"},
    {"'10.0.0.1'::inet", ValueType::kString, "string", "10.0.0.1/32"},
};

TEST_F(PostgresStoreTest, EveryTypeIsReadAndDescribed) {
  std::string columns, nulls;
  int at = 0;
  for (const auto& type : kTypeCases) {
    const std::string name = "c" + std::to_string(at++);
    columns += ", " + std::string(type.sql) + " AS " + name;
  }
  sql_.Query("CREATE TABLE typed AS SELECT '2024-01-01'::timestamptz AS event_timestamp" + columns);
  sql_.Query("INSERT INTO typed (event_timestamp) VALUES ('2024-01-02')");
  const auto source = PostgresSourceAt("typed", place_.schema() + ".typed");
  const auto described = store_->DescribeSource({}, source);
  ASSERT_TRUE(described.ok()) << described.status().ToString();
  std::vector<std::string> names;
  for (size_t i = 1; i < described->size(); ++i) names.push_back((*described)[i].name);
  const auto pulled = Pull(source, names);
  at = 0;
  for (const auto& type : kTypeCases) {
    const auto& column = (*described)[static_cast<size_t>(at) + 1];
    EXPECT_EQ(column.type, type.value) << type.sql;
    EXPECT_EQ(column.arrow_type, type.arrow) << type.sql;
    const auto read = pulled->column(at);
    EXPECT_EQ(read->type()->ToString(), type.arrow) << type.sql;
    if (read->type()->id() != arrow::Type::BINARY) {
      EXPECT_EQ(CellsOf(*pulled, column.name), (Cells{type.text, kNull})) << type.sql;
    } else {
      const auto& bytes = static_cast<const arrow::BinaryArray&>(*read->chunk(0));
      EXPECT_EQ(bytes.GetString(0), std::string("a\0\xff", 3));
      EXPECT_TRUE(bytes.IsNull(1));
    }
    ++at;
  }
}

TEST_F(PostgresStoreTest, ArraysAreLists) {
  sql_.Query("CREATE TYPE mood AS ENUM ('sad', 'glad')");
  sql_.Query(
      "CREATE TABLE lists AS SELECT '2024-01-01'::timestamptz AS event_timestamp, "
      "ARRAY[1, NULL, 3] AS i, ARRAY['a', 'é'] AS t, ARRAY[true] AS b, "
      "ARRAY[0.5, 1]::numeric[] AS n, '{}'::bigint[] AS e, "
      "ARRAY['2024-01-01 01:00'::timestamptz] AS z, "
      "ARRAY['01234567-89ab-cdef-0123-456789abcdef'::uuid] AS u, "
      "ARRAY['{\"a\": 1}'::jsonb] AS j, ARRAY['glad'::mood] AS m, 'sad'::mood AS o");
  sql_.Query("INSERT INTO lists (event_timestamp) VALUES ('2024-01-02')");
  const auto source = PostgresSourceAt("lists", "lists");
  const auto described = store_->DescribeSource({}, source);
  ASSERT_TRUE(described.ok()) << described.status().ToString();
  std::vector<ValueType> types;
  for (const auto& column : *described) types.push_back(column.type);
  EXPECT_THAT(types,
              ElementsAre(ValueType::kUnixTimestamp, ValueType::kInt32List, ValueType::kStringList,
                          ValueType::kBoolList, ValueType::kDoubleList, ValueType::kInt64List,
                          ValueType::kUnixTimestampList, ValueType::kUuidList, ValueType::kMapList,
                          ValueType::kStringList, ValueType::kString));
  const auto pulled = Pull(source, {"i", "t", "b", "n", "e", "z", "u", "j", "m", "o"});
  const auto first = [&](int column) {
    return (*pulled->column(column)->GetScalar(0))->ToString();
  };
  EXPECT_EQ(first(0), "list<item: int32>[1, null, 3]");
  EXPECT_EQ(first(1), "list<item: string>[a, é]");
  EXPECT_EQ(first(2), "list<item: bool>[true]");
  EXPECT_EQ(first(3), "list<item: double>[0.5, 1]");
  EXPECT_EQ(first(4), "list<item: int64>[]");
  EXPECT_THAT(first(5), HasSubstr("2024-01-01 01:00:00.000000"));
  EXPECT_THAT(first(6), HasSubstr("01234567-89ab-cdef-0123-456789abcdef"));
  EXPECT_THAT(first(7), HasSubstr("{\"a\": 1}"));
  EXPECT_EQ(first(8), "list<item: string>[glad]");
  EXPECT_EQ(first(9), "sad");
  for (const auto& column : pulled->columns()) {
    EXPECT_EQ(column->null_count(), column == pulled->GetColumnByName("event_timestamp") ? 0 : 1);
  }
  sql_.Query(
      "CREATE TABLE grids AS SELECT '2024-01-01'::timestamptz AS event_timestamp, "
      "ARRAY[[1, 2], [3, 4]] AS grid");
  PullPlan plan;
  plan.read = ViewOf(PostgresSourceAt("grids", "grids"), {"grid"}, {}).read;
  EXPECT_THAT(TableOf(store_->Pull({}, plan)).status().message(),
              AllOf(HasSubstr("column 'grid'"), HasSubstr("2 dimensions")));
}

TEST_F(PostgresStoreTest, TimesWithoutEndAndOfDates) {
  sql_.Query("CREATE TABLE ends (driver_id int, event_timestamp date, created timestamp, f int)");
  sql_.Query(
      "INSERT INTO ends VALUES (1, '2024-01-01', NULL, 1), (1, '2024-01-02', 'infinity', 2), "
      "(1, 'infinity', NULL, 3), (2, '-infinity', NULL, 4)");
  auto view = ViewOf(PostgresSourceAt("ends", "ends"));
  view.read.created_column = "created";
  EXPECT_EQ(AskF(view, {{"driver_id", kInt, {"1", "1", "2"}},
                        {"event_timestamp", kUtc, {"23.9", "24", "1"}}}),
            (Cells{"1", "2", "4"}));
}

// ---------------------------------------------------------------- SQL as entity rows

TEST_F(PostgresStoreTest, EntityRowsFromSql) {
  const auto source = Stats();
  sql_.Query("CREATE VIEW elsewhere AS SELECT 3 AS driver_id");
  const auto rows = EntityRows(
      "WITH late AS (SELECT driver_id, event_timestamp, 'x' AS label FROM \"The Stats\") "
      "SELECT * FROM late WHERE driver_id < (SELECT driver_id FROM elsewhere) "
      "ORDER BY event_timestamp DESC, driver_id;  ",
      {PostgresSourceAt("The Stats", "stats"), PostgresSourceAt("unused", "no_such_table")});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)->schema()->field_names(),
            (std::vector<std::string>{"driver_id", "event_timestamp", "label"}));
  EXPECT_EQ(CellsOf(**rows, "event_timestamp"), (Cells{"12", "10", "9", "8"}));
  HistoricalPlan plan;
  plan.views = {ViewOf(source)};
  plan.entity_timestamp = "event_timestamp";
  const auto out = TableOf(store_->GetHistorical({}, plan, StreamOf(*rows)));
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ(CellsOf(**out, "f"), (Cells{"1.2", "1", "0.9", "0.8"}));
}

TEST_F(PostgresStoreTest, WrongSqlIsNamed) {
  EXPECT_THAT(EntityRows("SELECT nope").status().message(),
              AllOf(HasSubstr("entity_df (SQL)"), HasSubstr("nope"), HasSubstr("127.0.0.1")));
  EXPECT_THAT(EntityRows("DROP TABLE x").status().message(), HasSubstr("syntax error"));
  EXPECT_FALSE(EntityRows("SELECT 1); DROP SCHEMA " + place_.schema() + " CASCADE; --").ok());
  sql_.Query("CREATE TABLE kept (i int)");
  EXPECT_THAT(EntityRows("WITH w AS (INSERT INTO kept VALUES (1) RETURNING i) SELECT * FROM w")
                  .status()
                  .message(),
              HasSubstr("entity_df (SQL)"));
  EXPECT_THAT(EntityRows("SELECT nextval('numbers')").status().message(), HasSubstr("numbers"));
  EXPECT_THAT(sql_.Query("SELECT count(*) FROM kept"), ElementsAre("0"));
}

// ---------------------------------------------------------------- ranges without entity rows

TEST_F(PostgresStoreTest, ARangeOfOneViewIsAllItsRows) {
  auto view = ViewOf(Stats());
  view.read.created_column = "created";
  const auto out = Range({view}, kDay, kDay + 11 * kHour);  // V14
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ((*out)->schema()->field_names(),
            (std::vector<std::string>{"event_timestamp", "created_timestamp", "driver_id", "f"}));
  EXPECT_EQ(CellsOf(**out, "event_timestamp"), (Cells{"8", "9", "10"}));
  EXPECT_EQ(CellsOf(**out, "f"), (Cells{"0.8", "0.9", "1"}));
  view.ttl = 2 * kHour;
  EXPECT_EQ(CellsOf(**Range({view}, std::nullopt, kDay + 11 * kHour), "f"), (Cells{"0.9", "1"}))
      << "without a start the longest ttl is the range";
}

TEST_F(PostgresStoreTest, ARangeOfSeveralViewsIsTheirTimes) {
  auto stats = ViewOf(Stats()), hours = ViewOf(Hours(), {"h"});
  const auto out = Range({stats, hours}, kDay, kDay + 11 * kHour);  // V15
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  EXPECT_EQ((*out)->schema()->field_names(),
            (std::vector<std::string>{"event_timestamp", "driver_id", "f", "h"}));
  EXPECT_EQ(CellsOf(**out, "event_timestamp"), (Cells{"6", "7", "8", "9", "10"}));
  EXPECT_EQ(CellsOf(**out, "driver_id"), (Cells{"1", "2", "1", "2", "1"}));
  EXPECT_EQ(CellsOf(**out, "f"), (Cells{kNull, kNull, "0.8", "0.9", "1"}));
  EXPECT_EQ(CellsOf(**out, "h"), (Cells{"100", "200", "100", "200", "100"}));
  hours.ttl = 2 * kHour;
  EXPECT_EQ(CellsOf(**Range({stats, hours}, kDay, kDay + 11 * kHour), "h"),
            (Cells{"100", "200", "100", "200", kNull}));
  hours.entity_columns = {"other"};
  EXPECT_THAT(Range({stats, hours}, kDay, kDay + kHour).status().message(),
              HasSubstr("different entities"));
}

// ---------------------------------------------------------------- what is written

TEST_F(PostgresStoreTest, RowsAreCastByTheServerWhereTheyMustBe) {
  sql_.Query(
      "CREATE TABLE casts (event_timestamp timestamptz, n numeric(10,2), j jsonb, u uuid, "
      "t time, d date, l numeric[], a text[])");
  const std::string uuid = "01234567-89ab-cdef-0123-456789abcdef";
  const auto source = PostgresSourceAt("casts", "casts");
  const auto list = [](const char* json, const std::shared_ptr<arrow::DataType>& item) {
    arrow::ListBuilder lists(arrow::default_memory_pool(), *arrow::MakeBuilder(item));
    EXPECT_TRUE(lists.Append().ok());
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(
          item->id() == arrow::Type::DOUBLE
              ? static_cast<arrow::DoubleBuilder&>(*lists.value_builder()).Append(0.5).ok()
              : static_cast<arrow::StringBuilder&>(*lists.value_builder()).Append(json).ok());
    }
    return *lists.Finish();
  };
  auto rows = MakeTable({{"event_timestamp", kNaive, {"1"}},
                         {"n", kFloat, {"0.1"}},
                         {"j", kText, {"{\"a\": [1]}"}},
                         {"u", kText, {uuid}},
                         {"t", kText, {"01:02:03"}},
                         {"d", kUtc, {"25"}}});
  for (const auto& [name, array] :
       {std::pair("l", list("", kFloat)), std::pair("a", list("x,y", kText))}) {
    rows = *rows->AddColumn(rows->num_columns(), arrow::field(name, array->type()),
                            std::make_shared<arrow::ChunkedArray>(array));
  }
  const Status written = store_->WriteRows({}, source, StreamOf(rows));
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_THAT(sql_.Query("SELECT * FROM casts"),
              ElementsAre("2024-01-01 01:00:00+00|0.10|{\"a\": [1]}|" + uuid +
                          "|01:02:03|2024-01-02|{0.5,0.5}|{\"x,y\",\"x,y\"}"));
  const auto bad =
      rows->SetColumn(2, arrow::field("j", kText), MakeTable({{"j", kText, {"{"}}})->column(0));
  EXPECT_THAT(store_->WriteRows({}, source, StreamOf(*bad)).message(),
              AllOf(HasSubstr("source 'casts'"), HasSubstr("json")));
  EXPECT_THAT(sql_.Query("SELECT count(*) FROM casts"), ElementsAre("1"));
}

TEST_F(PostgresStoreTest, SavedDatasetsAreTables) {
  const std::string schema = place_.schema();
  const auto rows = MakeTable({{"Key", kInt, {"1", kNull}},
                               {"at", kUtc, {"1", "2"}},
                               {"big", arrow::uint64(), {"18446744073709551615", "0"}},
                               {"f", arrow::float32(), {"0.5", kNull}},
                               {"label", arrow::dictionary(arrow::int32(), kText), {"a", kNull}},
                               {"raw", arrow::binary(), {"x", ""}}});
  const Status kept =
      store_->Persist({}, place_.Storage(schema + ".\"Kept Rows\""), false, StreamOf(rows));
  ASSERT_TRUE(kept.ok()) << kept.ToString();
  EXPECT_THAT(sql_.Query("SELECT * FROM \"Kept Rows\""),
              ElementsAre("1|2024-01-01 01:00:00+00|18446744073709551615|0.5|a|\\x78",
                          "NULL|2024-01-01 02:00:00+00|0|NULL|NULL|\\x"));
  EXPECT_THAT(sql_.Query("SELECT string_agg(data_type, ',' ORDER BY ordinal_position) FROM "
                         "information_schema.columns WHERE table_name = 'Kept Rows'"),
              ElementsAre("bigint,timestamp with time zone,numeric,real,text,bytea"));
  EXPECT_THAT(store_->Persist({}, place_.Storage("a.b.c"), false, StreamOf(rows)).message(),
              HasSubstr("a.b.c"));
  const auto map = arrow::map(kText, kText);
  const auto nested = arrow::Table::Make(arrow::schema({arrow::field("m", map)}),
                                         {*arrow::MakeArrayOfNull(map, 1)});
  EXPECT_THAT(store_->Persist({}, place_.Storage("kept"), false, StreamOf(nested)).message(),
              AllOf(HasSubstr("column 'm'"), HasSubstr("map")));
  EXPECT_THAT(store_->Persist({}, core::SavedDatasetStorage(), false, StreamOf(rows)).message(),
              HasSubstr("SavedDatasetPostgreSQLStorage"));
}

TEST_F(PostgresStoreTest, AnOverwriteThatFailsKeepsTheOldTable) {
  const auto storage = place_.Storage("saved");
  ASSERT_TRUE(store_->Persist({}, storage, false, StreamOf(MakeTable({{"x", kInt, {"1"}}}))).ok());
  const CallContext cancelled;
  cancelled.Cancel();
  EXPECT_FALSE(
      store_->Persist(cancelled, storage, true, StreamOf(MakeTable({{"x", kInt, {"2"}}}))).ok());
  const auto nul = MakeTable({{"x", arrow::binary(), {std::string("a\0b", 3)}}});
  const auto text = arrow::Table::Make(arrow::schema({arrow::field("x", kText)}),
                                       {*nul->column(0)->chunk(0)->View(kText)});
  const Status failed = store_->Persist({}, storage, true, StreamOf(text));
  EXPECT_THAT(failed.message(), HasSubstr("0x00"));
  EXPECT_THAT(sql_.Query("SELECT x FROM saved"), ElementsAre("1"));
  EXPECT_THAT(sql_.Query("SELECT relname FROM pg_class WHERE relname LIKE 'feast_new%'"),
              ElementsAre());
}

TEST_F(PostgresStoreTest, NothingIsLeftInTheDatabase) {
  ASSERT_TRUE(
      Ask({ViewOf(Stats())}, {{"driver_id", kInt, {"1"}}, {"event_timestamp", kUtc, {"9"}}}).ok());
  EXPECT_TRUE(Eventually([&] {
    return sql_.Query("SELECT pid FROM pg_stat_activity WHERE application_name = 'feast'").empty();
  }));
  EXPECT_THAT(sql_.Query("SELECT relname FROM pg_class WHERE relname LIKE 'feast_%'"),
              ElementsAre());
}

}  // namespace

INSTANTIATE_OFFLINE_STORE_CONFORMANCE(Postgres, PostgresQuirks)
INSTANTIATE_OFFLINE_STORE_CONFORMANCE(PostgresQuery, PostgresQueryQuirks)

}  // namespace feast
