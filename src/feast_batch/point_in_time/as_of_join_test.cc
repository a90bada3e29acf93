#include "feast_batch/point_in_time/as_of_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <string>

namespace feast {
namespace {

struct Row {
  uint32_t key;
  int64_t time;
  int64_t created;
};

struct Case {
  uint32_t key_count;
  int64_t ttl = 0;
  AsOfOptions options = {.has_created = true};
};

std::vector<uint64_t> Join(const std::vector<uint32_t>& keys, const std::vector<int64_t>& times,
                           const std::vector<Row>& rows, const Case& asked_for,
                           const std::vector<size_t>& order) {
  const AskedTimes asked(keys, times, asked_for.key_count);
  // As if by three threads.
  std::vector<AsOfOffers> offers(3, AsOfOffers(asked, asked_for.options));
  size_t turn = 0;
  for (const size_t i : order) {
    offers[turn++ % 3].Add({&rows[i].key, 1}, {&rows[i].time, 1}, {&rows[i].created, 1}, i);
  }
  return AsOfWinners(offers).Rows(asked, asked_for.ttl);
}

std::vector<size_t> InOrder(size_t count) {
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = i;
  return order;
}

// Written as plainly as possible: storage.md §5.2.
uint64_t BruteForce(uint32_t key, int64_t time, const std::vector<Row>& rows,
                    const Case& asked_for) {
  uint64_t best = kNoRow;
  if (key == kNoKey || time == kNoTime) return best;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (row.key != key || row.time == kNoTime || row.time > time) continue;
    if (asked_for.ttl > 0 && row.time < time - asked_for.ttl) continue;
    if (asked_for.options.filter_by_created && (row.created == kNoTime || row.created > time))
      continue;
    if (best == kNoRow || row.time > rows[best].time ||
        (row.time == rows[best].time && row.created >= rows[best].created)) {
      best = i;
    }
  }
  return best;
}

// Minutes of the day.
constexpr int64_t kHour = 60;
const std::vector<Row> kStats = {{0, 8 * kHour, 8 * kHour + 1},
                                 {0, 10 * kHour, 10 * kHour + 1},
                                 {0, 12 * kHour, 12 * kHour + 1},
                                 {1, 9 * kHour, 9 * kHour + 1}};

std::vector<uint64_t> Stats(const std::vector<uint32_t>& keys, const std::vector<int64_t>& times,
                            int64_t ttl = 0) {
  return Join(keys, times, kStats, {2, ttl}, InOrder(kStats.size()));
}

using Winners = std::vector<uint64_t>;

TEST(AsOfJoinTest, V1BoundaryIsInclusive) {
  EXPECT_EQ(Stats({0, 0, 1}, {600, 660, 540}), (Winners{1, 1, 3}));
}

TEST(AsOfJoinTest, V2LowerBoundIsInclusive) {
  EXPECT_EQ(Stats({0, 0, 0, 0}, {540, 541, 660, 661}, 60), (Winners{0, kNoRow, 1, kNoRow}));
}

TEST(AsOfJoinTest, V3V8UnknownAndNullKeysMatchNothing) {
  EXPECT_EQ(Stats({kNoKey, 0}, {600, 600}), (Winners{kNoRow, 1}));
}

TEST(AsOfJoinTest, V4FutureRowsDoNotMatch) {
  EXPECT_EQ(Stats({0, 1}, {420, 540}), (Winners{kNoRow, 3}));
}

TEST(AsOfJoinTest, V5DuplicatesAreKept) {
  EXPECT_EQ(Stats({0, 0, 1}, {600, 600, 540}), (Winners{1, 1, 3}));
}

TEST(AsOfJoinTest, V6CreatedBreaksTies) {
  const std::vector<Row> rows = {{0, 480, 481}, {0, 480, 485}, {0, 480, 483}};
  const auto join = [&](const std::vector<int64_t>& times, bool filter) {
    return Join(std::vector<uint32_t>(times.size(), 0), times, rows,
                {1, 0, {.has_created = true, .filter_by_created = filter}}, {2, 0, 1});
  };
  EXPECT_EQ(join({600}, false), (Winners{1}));
  EXPECT_EQ(join({484, 480}, true), (Winners{2, kNoRow}));  // V6c
}

TEST(AsOfJoinTest, V6bWithoutCreatedTheLastRowWins) {
  const std::vector<Row> rows = {{0, 480, kNoTime}, {0, 480, kNoTime}, {0, 480, kNoTime}};
  EXPECT_EQ(Join({0}, {600}, rows, {1}, {1, 2, 0}), (Winners{2}));
}

TEST(AsOfJoinTest, V6dNullCreatedMatchesButIsEarliest) {
  const std::vector<Row> rows = {{0, 480, 1}, {0, 480, kNoTime}};
  EXPECT_EQ(Join({0}, {600}, {rows[1]}, {1}, {0}), (Winners{0}));
  EXPECT_EQ(Join({0}, {600}, rows, {1}, {0, 1}), (Winners{0}));
}

TEST(AsOfJoinTest, RowsBeforeTheEarliestDoNotCount) {
  EXPECT_EQ(Join({0, 0}, {540, 600}, kStats, {2, 0, {.earliest = 600, .has_created = true}},
                 {0, 1, 2, 3}),
            (Winners{kNoRow, 1}));
}

// Several threads, each with a share of keys and rows.
TEST(AsOfJoinTest, ManyRowsAtOnceEqualOneAtATime) {
  std::mt19937 random(7);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  constexpr uint32_t kKeys = 3000;
  std::vector<Row> rows(60'000);
  for (auto& row : rows) row = {below(9) == 0 ? kNoKey : below(kKeys), below(500), below(400)};
  std::vector<uint32_t> keys, row_keys;
  std::vector<int64_t> times, row_times, row_created;
  for (const Row& row : rows) {
    row_keys.push_back(row.key);
    row_times.push_back(row.time);
    row_created.push_back(row.created);
  }
  for (int i = 0; i < 70'000; ++i) {
    keys.push_back(below(kKeys));
    times.push_back(below(500));
  }
  for (const bool filter : {false, true}) {
    const Case asked_for{kKeys, 40, {.has_created = true, .filter_by_created = filter}};
    const AskedTimes asked(keys, times, kKeys, 4);
    EXPECT_GT(asked.slots(), 60'000);
    std::vector<AsOfOffers> offers(2, AsOfOffers(asked, asked_for.options));
    const size_t half = rows.size() / 2;
    const auto part = [&](const auto& values, size_t begin) {
      return std::span(values).subspan(begin, half);
    };
    for (const size_t begin : {half, size_t{0}}) {
      offers[begin != 0].Add(part(row_keys, begin), part(row_times, begin),
                             part(row_created, begin), begin);
    }
    EXPECT_EQ(AsOfWinners(offers, 4).Rows(asked, asked_for.ttl, 4),
              Join(keys, times, rows, asked_for, InOrder(rows.size())));
  }
}

TEST(AsOfJoinTest, WithoutCreatedTimesNoneAreGiven) {
  const std::vector<uint32_t> keys = {0}, row_keys = {0, 0};
  const std::vector<int64_t> times = {600}, row_times = {480, 480};
  const AskedTimes asked(keys, times, 1);
  std::vector<AsOfOffers> offers(1, AsOfOffers(asked, {}));
  offers[0].Add(row_keys, row_times, {}, 7);
  EXPECT_EQ(AsOfWinners(offers).Rows(asked, 0), (Winners{8}));
}

TEST(AsOfJoinTest, ANullTimeMatchesNothing) {
  EXPECT_EQ(Stats({0}, {kNoTime}), (Winners{kNoRow}));
  EXPECT_EQ(Join({0}, {600}, {{0, kNoTime, 1}}, {1}, {0}), (Winners{kNoRow}));
}

TEST(AsOfJoinTest, EqualsBruteForceOnRandomCases) {
  std::mt19937 random(20240101);
  const auto below = [&](uint32_t n) { return static_cast<int64_t>(random() % n); };
  for (int round = 0; round < 6000; ++round) {
    Case asked_for{static_cast<uint32_t>(1 + below(4))};
    asked_for.ttl = below(3) ? below(8) : 0;
    asked_for.options.filter_by_created = below(2);
    const int64_t span = 1 + below(20);
    const auto key = [&] {
      return below(8) == 0 ? kNoKey : static_cast<uint32_t>(below(asked_for.key_count));
    };
    std::vector<Row> rows(below(30));
    for (auto& row : rows) {
      row = {key(), below(12) == 0 ? kNoTime : below(span),
             below(6) == 0 ? kNoTime : below(span + 3)};
    }
    std::vector<uint32_t> keys(below(20));
    std::vector<int64_t> times;
    for (auto& k : keys) {
      k = key();
      times.push_back(below(15) == 0 ? kNoTime : below(span + 2) - 1);
    }
    auto order = InOrder(rows.size());
    std::shuffle(order.begin(), order.end(), random);
    const auto winners = Join(keys, times, rows, asked_for, order);
    for (size_t e = 0; e < keys.size(); ++e) {
      ASSERT_EQ(winners[e], BruteForce(keys[e], times[e], rows, asked_for))
          << "round " << round << ", entity row " << e << ": key " << keys[e] << ", time "
          << times[e] << ", ttl " << asked_for.ttl << ", by created "
          << asked_for.options.filter_by_created;
    }
  }
}

}  // namespace
}  // namespace feast
