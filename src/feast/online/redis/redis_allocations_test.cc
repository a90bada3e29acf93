#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "feast/base/test_allocations.h"
#include "feast/online/redis/redis_test_server.h"
#include "feast/online/sample_rows.h"

namespace feast {
namespace {

using online_conformance::EntityKey;

constexpr size_t kWidth = 40;
constexpr Micros kTime = 1'704'164'645'000'000;

std::string Name(size_t feature) { return "feature_" + std::to_string(feature); }

std::shared_ptr<const OnlineTable> WideTable() {
  OnlineTable table;
  table.project = "proj";
  table.view = "wide";
  table.join_keys = {"id"};
  for (size_t f = 0; f < kWidth; ++f) table.features.push_back({Name(f), ValueType::kString});
  return std::make_shared<const OnlineTable>(std::move(table));
}

/// Allocations of one read, in all threads, once the plan and the buffers are there.
uint64_t OfRead(OnlineStore& store, const TableRead& read) {
  uint64_t count = 0;
  for (int repeat = 0; repeat < 4; ++repeat) {
    std::vector<TableRead> reads{read};
    const uint64_t before = Allocations();
    const auto rows = store.ReadAndWait({}, std::move(reads));
    count = Allocations() - before;
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    for (const auto& cell : rows->front().cells) EXPECT_TRUE(cell.found);
  }
  return count;
}

TEST(RedisAllocationsTest, NoneAValueAndNoneAnEntity) {
  RedisServer server;
  auto opened = OpenRedisAt(server.address());
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  OnlineStore& store = **opened;
  const auto table = WideTable();
  std::vector<online_conformance::Row> rows;
  std::vector<std::string> keys, names;
  for (size_t f = 0; f < kWidth; ++f) names.push_back(Name(f));
  for (int id = 0; id < 100; ++id) {
    keys.push_back(EntityKey(std::to_string(id)));
    rows.push_back({keys.back(), kTime, {}});
    for (size_t f = 0; f < kWidth; ++f) {
      rows.back().values.push_back(online_conformance::StringValue("a value of some length"));
    }
  }
  ASSERT_TRUE(store.WriteAndWait({}, online_conformance::MakeBatch(table, rows)).ok());
  const std::vector<std::string> few_keys(keys.begin(), keys.begin() + 2);
  const std::vector<std::string> few_names(names.begin(), names.begin() + 2);
  const uint64_t least = OfRead(store, {table, few_names, few_keys});
  EXPECT_LE(least, 60u);
  // 3,996 cells more: their lists grow, and more buffers come in.
  EXPECT_LE(OfRead(store, {table, names, keys}), least + 40);
}

}  // namespace
}  // namespace feast
