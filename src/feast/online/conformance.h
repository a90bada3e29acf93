#pragma once
/// What every online store must do. A backend states facts about itself in a Quirks class, and gets
/// all tests with INSTANTIATE_ONLINE_STORE_CONFORMANCE(Name, NameQuirks). For one test file per
/// backend.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "feast/online/online_store.h"
#include "feast/online/sample_rows.h"

namespace feast {

/// Facts about a backend, and how to start it.
class OnlineStoreQuirks {
 public:
  virtual ~OnlineStoreQuirks() = default;
  /// A store over the place of this test; a second call opens the same place again.
  virtual Result<std::unique_ptr<OnlineStore>> Open() = 0;
  /// The finest difference of event times that the store keeps.
  virtual Micros time_precision() const { return kMicrosPerSecond; }
  /// Whether of two rows with equal event times the later written one stays.
  virtual bool equal_times_overwrite() const { return true; }
  /// Whether reading a table that was never created is an error.
  virtual bool has_tables() const { return true; }
};

namespace online_conformance {

class OnlineStoreConformance
    : public testing::TestWithParam<std::unique_ptr<OnlineStoreQuirks> (*)()> {
 protected:
  static constexpr Micros kNoon = 1704196800 * kMicrosPerSecond;

  void SetUp() override {
    quirks_ = GetParam()();
    auto store = quirks_->Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
    table_ = MakeTable();
    Keep({table_});
  }
  void TearDown() override {
    if (store_ == nullptr) return;
    EXPECT_TRUE(store_->Teardown({}, std::vector{table_}).ok());
  }

  void Keep(std::vector<std::shared_ptr<const OnlineTable>> tables) {
    const Status status = store_->UpdateInfrastructure({}, {std::move(tables), {}});
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  void Write(const std::vector<Row>& rows) { Write(table_, rows); }
  void Write(std::shared_ptr<const OnlineTable> table, const std::vector<Row>& rows) {
    const Status status = store_->WriteAndWait({}, MakeBatch(std::move(table), rows));
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  /// Empty, with an error recorded, when the read fails.
  TableRows Read(const std::vector<std::string>& keys) { return Read(table_, keys); }
  TableRows Read(std::shared_ptr<const OnlineTable> table, const std::vector<std::string>& keys) {
    auto rows = store_->ReadAndWait({}, {{std::move(table), {"a", "b"}, keys}});
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    if (rows.ok() && rows->size() == 1) return std::move((*rows)[0]);
    TableRows nothing;
    nothing.cells.resize(keys.size() * 2);
    nothing.event_times.resize(keys.size());
    return nothing;
  }

  std::unique_ptr<OnlineStoreQuirks> quirks_;
  std::unique_ptr<OnlineStore> store_;
  std::shared_ptr<const OnlineTable> table_;
};

TEST_P(OnlineStoreConformance, TellsMissingFromNull) {
  Write({{"k1", kNoon, {StringValue("x"), ""}}});
  const auto rows = Read({"k1", "nobody"});
  EXPECT_TRUE(rows.cells[0].found);
  EXPECT_EQ(rows.cells[0].value, StringValue("x"));
  EXPECT_TRUE(rows.cells[1].found) << "a stored null is found";
  EXPECT_EQ(rows.cells[1].value, "");
  EXPECT_FALSE(rows.cells[2].found);
  EXPECT_FALSE(rows.cells[3].found);
  EXPECT_EQ(rows.event_times[0], kNoon);
  EXPECT_EQ(rows.event_times[1], std::nullopt);
}

TEST_P(OnlineStoreConformance, KeepsTheLaterEventTime) {
  Write({{"k", kNoon, {StringValue("new"), ""}}});
  Write({{"k", kNoon - quirks_->time_precision(), {StringValue("old"), ""}}});
  EXPECT_EQ(Read({"k"}).cells[0].value, StringValue("new"));
  EXPECT_EQ(Read({"k"}).event_times[0], kNoon);
  Write({{"k", kNoon + quirks_->time_precision(), {StringValue("newer"), ""}}});
  EXPECT_EQ(Read({"k"}).cells[0].value, StringValue("newer"));
}

TEST_P(OnlineStoreConformance, EqualTimes) {
  Write({{"k", kNoon, {StringValue("first"), ""}}});
  Write({{"k", kNoon, {StringValue("second"), ""}}});
  EXPECT_EQ(Read({"k"}).cells[0].value,
            StringValue(quirks_->equal_times_overwrite() ? "second" : "first"));
}

TEST_P(OnlineStoreConformance, DuplicatesInOneBatch) {
  const Micros step = quirks_->time_precision();
  Write({{"k", kNoon, {StringValue("middle"), ""}},
         {"k", kNoon + step, {StringValue("last"), ""}},
         {"k", kNoon - step, {StringValue("first"), ""}}});
  EXPECT_EQ(Read({"k"}).cells[0].value, StringValue("last"));
}

TEST_P(OnlineStoreConformance, KeepsValuesByteForByte) {
  const std::string nul(
      "\x12\x03"
      "a\0b",
      5);
  const std::vector<std::string> values = {
      std::string("\x0a\x02\xff\x00", 4),                               // bytes
      StringValue("日本 ☃"),                                            // string
      std::string("\x18\x00", 2),                                       // int32 0
      std::string("\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11),  // int64 -1
      std::string("\x29\x00\x00\x00\x00\x00\x00\xf8\x7f", 9),           // double NaN
      std::string("\x35\xcd\xcc\x4c\x3e", 5),                           // float 0.2
      std::string("\x38\x01", 2),                                       // bool
      std::string("\x40\xf1\xa5\xcd\xaa\x06", 6),                       // timestamp
      std::string("\x62\x03\x0a\x01x", 5),                              // list of strings
      std::string("\x62\x00", 2),                                       // empty list
      nul};
  std::vector<Row> rows;
  std::vector<std::string> keys;
  for (size_t i = 0; i < values.size(); ++i) {
    keys.push_back("key" + std::to_string(i));
    rows.push_back({keys.back(), kNoon, {values[i], values[i]}});
  }
  Write(rows);
  const auto read = Read(keys);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(read.cells[2 * i].found) << i;
    EXPECT_EQ(read.cells[2 * i].value, values[i]) << i;
    EXPECT_EQ(read.cells[2 * i + 1].value, values[i]) << i;
  }
}

TEST_P(OnlineStoreConformance, KeysAreBytes) {
  const std::vector<std::string> keys = {std::string("a\0b", 3), std::string("a\0c", 3), "a",
                                         "\xff\xfe"};
  std::vector<Row> rows;
  rows.reserve(keys.size());
  for (const auto& key : keys) rows.push_back({key, kNoon, {StringValue(key), ""}});
  Write(rows);
  const auto read = Read(keys);
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(read.cells[2 * i].value, StringValue(keys[i]));
}

TEST_P(OnlineStoreConformance, ManyKeysInRequestOrder) {
  std::vector<Row> rows;
  std::vector<std::string> keys;
  for (int i = 0; i < 3000; ++i) {
    rows.push_back({"k" + std::to_string(i), kNoon, {StringValue(std::to_string(i)), ""}});
    keys.insert(keys.begin(), rows.back().key);
  }
  Write(rows);
  const auto read = Read(keys);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(read.cells[2 * i].value, StringValue(std::to_string(2999 - i))) << i;
  }
}

TEST_P(OnlineStoreConformance, SeveralTablesInOneRead) {
  const auto other = MakeTable("other");
  Keep({table_, other});
  Write({{"k", kNoon, {StringValue("one"), ""}}});
  Write(other, {{"k", kNoon, {StringValue("two"), ""}}});
  auto rows = store_->ReadAndWait({}, {{other, {"a"}, {"k"}}, {table_, {"b", "a"}, {"k"}}});
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ((*rows)[0].cells[0].value, StringValue("two"));
  EXPECT_EQ((*rows)[1].cells[1].value, StringValue("one"));
}

TEST_P(OnlineStoreConformance, NamesEveryKeyOfATable) {
  if (store_->key_scanner() == nullptr) GTEST_SKIP() << "the store cannot list keys";
  std::vector<Row> rows;
  std::set<std::string> keys;
  for (int i = 0; i < 2500; ++i) {
    rows.push_back(
        {EntityKey(std::string("k\0[*", 4) + std::to_string(i)), kNoon, {"", StringValue("x")}});
    keys.insert(rows.back().key);
  }
  const auto other = MakeTable("other");
  Keep({table_, other});
  Write(rows);
  Write(other, {{EntityKey("not this one"), kNoon, {"", ""}}});
  std::set<std::string> found;
  const Status scanned =
      store_->key_scanner()->ScanKeys({}, *table_, [&](const std::vector<std::string>& some) {
        found.insert(some.begin(), some.end());
        return Status::OK();
      });
  ASSERT_TRUE(scanned.ok()) << scanned.ToString();
  EXPECT_EQ(found, keys);
  const Status stopped = store_->key_scanner()->ScanKeys(
      {}, *table_, [](const auto&) { return Status::Internal("enough"); });
  EXPECT_EQ(stopped.code(), StatusCode::kInternal);
}

TEST_P(OnlineStoreConformance, MissingTableIsNamed) {
  if (!quirks_->has_tables()) GTEST_SKIP() << "the store has no tables";
  const auto absent = MakeTable("absent");
  const auto rows = store_->ReadAndWait({}, {{absent, {"a"}, {"k"}}});
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(rows.status().message().find("proj_absent"), std::string::npos);
  const Status written = store_->WriteAndWait({}, MakeBatch(absent, {{"k", kNoon, {"", ""}}}));
  EXPECT_EQ(written.code(), StatusCode::kFailedPrecondition) << written.ToString();
}

TEST_P(OnlineStoreConformance, VersionsAreApartAndDropTogether) {
  const std::string key = EntityKey("k");
  const auto second = MakeTable("stats", 2);
  const auto neighbour = MakeTable("stats_vip");
  Keep({table_, second, neighbour});
  Write({{key, kNoon, {StringValue("v0"), ""}}});
  Write(second, {{key, kNoon, {StringValue("v2"), ""}}});
  Write(neighbour, {{key, kNoon, {StringValue("n"), ""}}});
  EXPECT_EQ(Read({key}).cells[0].value, StringValue("v0"));
  EXPECT_EQ(Read(second, {key}).cells[0].value, StringValue("v2"));
  for (int twice = 0; twice < 2; ++twice) {
    const Status dropped = store_->UpdateInfrastructure({}, {{}, {table_}});
    EXPECT_TRUE(dropped.ok()) << dropped.ToString();
  }
  EXPECT_EQ(Read(neighbour, {key}).cells[0].value, StringValue("n"));
  Keep({table_, second});
  EXPECT_FALSE(Read({key}).cells[0].found);
  EXPECT_FALSE(Read(second, {key}).cells[0].found);
}

TEST_P(OnlineStoreConformance, KeepingAgainKeepsRows) {
  Write({{"k", kNoon, {StringValue("x"), ""}}});
  Keep({table_});
  EXPECT_EQ(Read({"k"}).cells[0].value, StringValue("x"));
}

TEST_P(OnlineStoreConformance, TeardownThenApplyStartsEmpty) {
  const std::string key = EntityKey("k");
  Write({{key, kNoon, {StringValue("x"), ""}}});
  const Status gone = store_->Teardown({}, std::vector{table_});
  ASSERT_TRUE(gone.ok()) << gone.ToString();
  Keep({table_});
  EXPECT_FALSE(Read({key}).cells[0].found);
}

TEST_P(OnlineStoreConformance, HonoursDeadlinesAndCancellation) {
  const auto late = CallContext::WithTimeout(std::chrono::nanoseconds(0));
  EXPECT_EQ(store_->ReadAndWait(late, {{table_, {"a"}, {"k"}}}).status().code(),
            StatusCode::kDeadlineExceeded);
  const CallContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(store_->WriteAndWait(cancelled, MakeBatch(table_, {{"k", kNoon, {"", ""}}})).code(),
            StatusCode::kCancelled);
  EXPECT_FALSE(Read({"k"}).cells[0].found);
}

TEST_P(OnlineStoreConformance, ConcurrentWritersKeepTheLatest) {
  auto other = quirks_->Open();
  ASSERT_TRUE(other.ok()) << other.status().ToString();
  std::atomic<int> failures = 0;
  const auto write = [&](OnlineStore& store, int first) {
    for (int i = first; i < 100; i += 2) {
      const Row row{"k", kNoon + (i * 37 % 100) * kMicrosPerSecond, {StringValue("x"), ""}};
      if (!store.WriteAndWait({}, MakeBatch(table_, {row})).ok()) ++failures;
    }
  };
  std::thread even([&] { write(*store_, 0); });
  std::thread odd([&] { write(**other, 1); });
  even.join();
  odd.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Read({"k"}).event_times[0], kNoon + 99 * kMicrosPerSecond);
}

}  // namespace online_conformance

/// Runs the kit against the backend that `Quirks` (default constructible) describes.
#define INSTANTIATE_ONLINE_STORE_CONFORMANCE(Name, Quirks)                               \
  namespace online_conformance {                                                         \
  INSTANTIATE_TEST_SUITE_P(Name, OnlineStoreConformance,                                 \
                           testing::Values(+[]() -> std::unique_ptr<OnlineStoreQuirks> { \
                             return std::make_unique<Quirks>();                          \
                           }));                                                          \
  }

}  // namespace feast
