#include "feast/online/redis/read_choice.h"

#include <gtest/gtest.h>

#include <random>

#include "feast/online/redis/redis_test_server.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

using online_conformance::MakeBatch;
using online_conformance::Row;
using online_conformance::StringValue;

/// A hash as 25 views of ten features make it, of which some scattered fields are wanted.
HashSample Scattered(size_t wanted, size_t entries = 275) {
  HashSample sample;
  sample.entries = entries;
  sample.is_listpack = true;
  sample.wanted = wanted;
  sample.positions = wanted * (entries + 1) / 2;
  sample.whole_bytes = entries * 25;
  sample.wanted_bytes = wanted * 15;
  return sample;
}

bool ReadsWhole(const HashSample& sample) {
  ReadChoice choice;
  choice.Learn(sample);
  return choice.reads_whole();
}

TEST(ReadChoice, ReadsFieldsUntilItKnowsBetter) {
  ReadChoice choice;
  EXPECT_FALSE(choice.reads_whole());
  EXPECT_TRUE(choice.WantsSample());
  choice.Await();
  EXPECT_FALSE(choice.WantsSample());
}

TEST(ReadChoice, SearchesOfListpacksCostTheirWay) {
  EXPECT_FALSE(ReadsWhole(Scattered(5)));
  EXPECT_FALSE(ReadsWhole(Scattered(22)));
  EXPECT_TRUE(ReadsWhole(Scattered(80)));
  EXPECT_TRUE(ReadsWhole(Scattered(275)));
  HashSample early = Scattered(11, 275);  // the first view of the hash
  early.positions = 66;
  EXPECT_FALSE(ReadsWhole(early));
  EXPECT_TRUE(ReadsWhole(Scattered(50, 55)));
}

TEST(ReadChoice, HashtablesAreReadWholeOnlyWhenMostIsWanted) {
  HashSample some = Scattered(100);
  some.is_listpack = false;
  EXPECT_FALSE(ReadsWhole(some));
  some.wanted = 260;
  EXPECT_TRUE(ReadsWhole(some));
}

TEST(ReadChoice, LargeAnswersAreNotReadWhole) {
  HashSample sample = Scattered(200);
  sample.whole_bytes = 7 * sample.wanted_bytes;
  EXPECT_FALSE(ReadsWhole(sample));
  ReadChoice choice;
  choice.Learn(Scattered(200));
  EXPECT_TRUE(choice.reads_whole());
  choice.Learn(sample);
  EXPECT_FALSE(choice.reads_whole()) << "growth counts at once";
}

TEST(ReadChoice, DoesNotGoToAndFro) {
  const auto even = [](size_t wanted) {
    HashSample sample = Scattered(wanted);
    sample.wanted_bytes = sample.whole_bytes / 2;
    return sample;
  };
  size_t wanted = 20;
  while (!ReadsWhole(even(wanted + 1))) ++wanted;
  EXPECT_LT(wanted, 40U);
  ReadChoice choice;
  choice.Learn(even(275));
  for (int i = 0; i < 50; ++i) choice.Learn(even(wanted));
  EXPECT_TRUE(choice.reads_whole());
  for (int i = 0; i < 50; ++i) choice.Learn(even(wanted / 2));
  EXPECT_FALSE(choice.reads_whole());
}

/// Either plan answers the same, on hashes of both encodings, with missing keys, fields and times.
TEST(ReadPlans, GiveTheSameAnswer) {
  RedisServer server({"--hash-max-listpack-entries", "60"});
  PlainRedisClient client(server.port());
  std::vector<std::shared_ptr<const OnlineTable>> tables;
  auto store = *OpenRedisAt(server.address());
  std::mt19937 random(7);
  std::vector<std::string> keys;
  keys.reserve(40);
  for (int key = 0; key < 40; ++key) keys.push_back("k" + std::to_string(key));
  for (int view = 0; view < 8; ++view) {
    OnlineTable table = *online_conformance::MakeTable("view" + std::to_string(view));
    table.features.clear();
    for (int i = 0; i < 10; ++i) table.features.push_back({"f" + std::to_string(i), {}});
    tables.push_back(std::make_shared<const OnlineTable>(table));
    std::vector<Row> rows;
    for (const std::string& key : keys) {
      if (random() % 8 == 0) continue;
      Row row{key, static_cast<Micros>(random() % 3) * 1'000'000, {}};
      for (int i = 0; i < 10; ++i) {
        row.values.push_back(random() % 5 == 0 ? "" : StringValue(key + std::to_string(random())));
      }
      rows.push_back(std::move(row));
    }
    ASSERT_TRUE(store->WriteAndWait({}, MakeBatch(tables.back(), rows)).ok());
  }
  client.Call({"HDEL", "k3proj", "_ts:view1"});
  client.Call({"DEL", "k5proj"});
  std::vector<TableRead> reads;
  reads.reserve(tables.size() + 2);
  for (const auto& table : tables)
    reads.push_back({table, {"f9", "f0", "f1", "f2", "f8", "f7", "f5", "f4", "nothing"}, keys});
  reads.push_back({tables[0], {"f0", "f1"}, keys});  // one field twice
  reads.push_back({tables[0], {}, {}});
  const auto calls = [&] { return client.Call({"INFO", "commandstats"}).text; };
  const auto first = store->ReadAndWait({}, reads);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(calls().find("cmdstat_hgetall:calls=40"), std::string::npos);
  const auto whole_reads = [&] { return calls().find("cmdstat_hgetall") != std::string::npos; };
  ASSERT_TRUE(Eventually(whole_reads));
  client.Call({"CONFIG", "RESETSTAT"});
  const auto second = store->ReadAndWait({}, reads);
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_NE(calls().find("cmdstat_hgetall:calls=40"), std::string::npos) << calls();
  for (size_t read = 0; read < reads.size(); ++read) {
    EXPECT_EQ((*first)[read].event_times, (*second)[read].event_times) << read;
    ASSERT_EQ((*first)[read].cells.size(), (*second)[read].cells.size());
    for (size_t i = 0; i < (*first)[read].cells.size(); ++i) {
      EXPECT_EQ((*first)[read].cells[i].found, (*second)[read].cells[i].found) << read << " " << i;
      EXPECT_EQ((*first)[read].cells[i].value, (*second)[read].cells[i].value) << read << " " << i;
    }
  }
}

}  // namespace
}  // namespace feast
