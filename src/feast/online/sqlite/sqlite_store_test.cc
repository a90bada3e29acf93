#include "feast/online/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include "feast/config/settings.h"
#include "feast/online/conformance.h"

namespace feast {
namespace {

class SqliteQuirks final : public OnlineStoreQuirks {
 public:
  SqliteQuirks() {
    std::string name = (std::filesystem::temp_directory_path() / "online_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SqliteQuirks() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<OnlineStore>> Open() override { return Open(/*host_time_zone=*/false); }
  Result<std::unique_ptr<OnlineStore>> Open(bool host_time_zone) {
    OnlineStoreEnv env;
    env.host_time_zone = host_time_zone;
    env.repo_path = folder_;
    env.project = "proj";
    Setting options;
    options.kind = Setting::Kind::kMap;
    return SqliteStoreType().open(options, env);
  }
  std::filesystem::path file() const { return folder_ / "data" / "online.db"; }

 private:
  std::filesystem::path folder_;
};

using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::StringValue;

/// Rows of a query, columns joined by `|`.
std::vector<std::string> Query(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_open(file.c_str(), &db);
  std::vector<std::string> rows;
  char* error = nullptr;
  sqlite3_exec(
      db, sql.c_str(),
      [](void* out, int count, char** values, char**) {
        std::string row;
        for (int i = 0; i < count; ++i) {
          row += (i == 0 ? "" : "|") + std::string(values[i] ? values[i] : "NULL");
        }
        static_cast<std::vector<std::string>*>(out)->push_back(row);
        return 0;
      },
      &rows, &error);
  EXPECT_EQ(error, nullptr) << error << " in " << sql;
  sqlite3_free(error);
  sqlite3_close(db);
  return rows;
}

TEST(SqliteStore, WritesUpstreamsTable) {
  SqliteQuirks place;
  auto store = *place.Open();
  const auto table = MakeTable();
  ASSERT_TRUE(store->UpdateInfrastructure({}, {{table}, {}}).ok());
  const Micros time = 1704164645678901;
  const Status status =
      store->WriteAndWait({}, MakeBatch(table, {{"k", time, {StringValue("x"), ""}}}));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Query(place.file(),
                  "SELECT hex(entity_key), feature_name, hex(value), value_text, vector_value, "
                  "event_ts, typeof(event_ts), created_ts FROM proj_stats ORDER BY feature_name"),
            (std::vector<std::string>{"6B|a|120178|x|NULL|1704164645|integer|NULL",
                                      "6B|b||NULL|NULL|1704164645|integer|NULL"}));
  EXPECT_EQ(Query(place.file(), "SELECT name FROM sqlite_master WHERE name = 'proj_stats_ek'"),
            std::vector<std::string>{"proj_stats_ek"});
}

/// The host's zone while it lives.
class HostZone {
 public:
  explicit HostZone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~HostZone() {
    unsetenv("TZ");
    tzset();
  }
};

TEST(SqliteStore, WritesTimesAsUpstreamWouldOnThisHost) {
  const HostZone zone("EST5EDT,M3.2.0,M11.1.0");
  SqliteQuirks place;
  auto store = *place.Open(/*host_time_zone=*/true);
  const auto table = MakeTable();
  ASSERT_TRUE(store->UpdateInfrastructure({}, {{table}, {}}).ok());
  const auto stored = [&](const std::string& key, Micros seconds) {
    const Micros time = seconds * kMicrosPerSecond;
    const Status status =
        store->WriteAndWait({}, MakeBatch(table, {{key, time, {StringValue("x"), ""}}}));
    EXPECT_TRUE(status.ok()) << status.ToString();
    const auto rows = store->ReadAndWait({}, {{table, {"a"}, {key}}});
    EXPECT_EQ((*rows)[0].event_times[0], time) << key;
    return Query(place.file(),
                 "SELECT event_ts FROM proj_stats WHERE feature_name = 'a' AND "
                 "entity_key = CAST('" +
                     key + "' AS BLOB)");
  };
  using Rows = std::vector<std::string>;
  EXPECT_EQ(stored("winter", 1704164645), Rows{"1704182645"});  // storage.md §3.1
  EXPECT_EQ(stored("summer", 1720000000), Rows{"1720014400"});
  EXPECT_EQ(stored("twice", 1730597400), Rows{"1730611800"});  // 2024-11-03T01:30 local: the first
}

TEST(SqliteStore, WritesRowsOfAKeyInTheirOrder) {
  SqliteQuirks place;
  auto store = *place.Open();
  const auto table = MakeTable();
  ASSERT_TRUE(store->UpdateInfrastructure({}, {{table}, {}}).ok());
  const auto batch = MakeBatch(table, {{"k", 1'000'000, {StringValue("first"), ""}},
                                       {"a", 1'000'000, {StringValue("other"), ""}},
                                       {"k", 1'000'000, {StringValue("last"), ""}}});
  ASSERT_TRUE(store->WriteAndWait({}, batch).ok());
  const auto rows = store->ReadAndWait({}, {{table, {"a"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("last"));
}

TEST(SqliteStore, ServesTablesOfOldReleases) {
  SqliteQuirks place;
  std::filesystem::create_directories(place.file().parent_path());
  Query(place.file(),
        "CREATE TABLE proj_stats (entity_key BLOB, feature_name TEXT, value BLOB, event_ts "
        "timestamp, created_ts timestamp, PRIMARY KEY(entity_key, feature_name));"
        "INSERT INTO proj_stats VALUES (x'6B', 'a', x'120178', NULL, NULL)");
  auto store = *place.Open();
  const auto table = MakeTable();
  const Status status =
      store->WriteAndWait({}, MakeBatch(table, {{"k", 5000000, {StringValue("y"), ""}}}));
  ASSERT_TRUE(status.ok()) << status.ToString();
  const auto rows = store->ReadAndWait({}, {{table, {"a"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("y"));
}

TEST(SqliteStore, TeardownDeletesTheFile) {
  SqliteQuirks place;
  auto store = *place.Open();
  ASSERT_TRUE(store->UpdateInfrastructure({}, {{MakeTable()}, {}}).ok());
  ASSERT_TRUE(std::filesystem::exists(place.file()));
  ASSERT_TRUE(store->Teardown({}, {}).ok());
  EXPECT_TRUE(std::filesystem::is_empty(place.file().parent_path()));
}

TEST(SqliteStore, NoticesAFileThatAnotherProcessReplaced) {
  SqliteQuirks place;
  auto ours = *place.Open();
  auto theirs = *place.Open();
  const auto table = MakeTable();
  ASSERT_TRUE(ours->UpdateInfrastructure({}, {{table}, {}}).ok());
  ASSERT_TRUE(ours->WriteAndWait({}, MakeBatch(table, {{"k", 1, {StringValue("x"), ""}}})).ok());
  ASSERT_TRUE(ours->ReadAndWait({}, {{table, {"a"}, {"k"}}}).ok());
  ASSERT_TRUE(theirs->Teardown({}, {}).ok());
  ASSERT_TRUE(theirs->UpdateInfrastructure({}, {{table}, {}}).ok());
  const auto rows = ours->ReadAndWait({}, {{table, {"a"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_FALSE((*rows)[0].cells[0].found);
}

}  // namespace

INSTANTIATE_ONLINE_STORE_CONFORMANCE(Sqlite, SqliteQuirks)

}  // namespace feast
