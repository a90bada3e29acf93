#include "feast/online/cache/caching_store.h"

#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "feast/online/conformance.h"
#include "feast/online/faulty_store.h"
#include "feast/online/memory_store.h"
#include "feast/online/sample_rows.h"
#include "feast/online/store_doubles.h"

namespace feast {
namespace {

using namespace online_conformance;  // NOLINT(google-build-using-namespace): rows to try a store
                                     // with

constexpr Micros kNoon = 1704196800 * kMicrosPerSecond;

/// Every view cached for a minute, over one memory. What it is told to do it does at once, so the
/// kit's second store is not a cache.
class CacheQuirks final : public OnlineStoreQuirks {
 public:
  Result<std::unique_ptr<OnlineStore>> Open() override {
    auto memory = std::make_unique<MemoryStore>(place_);
    if (std::exchange(opened_, true)) return std::unique_ptr<OnlineStore>(std::move(memory));
    return std::unique_ptr<OnlineStore>(std::make_unique<CachingStore>(
        std::move(memory), OnlineCacheOptions{.ttl = 60 * kMicrosPerSecond}, SystemClock()));
  }
  Micros time_precision() const override { return 1; }

 private:
  std::shared_ptr<MemoryStore::Place> place_ = std::make_shared<MemoryStore::Place>();
  bool opened_ = false;
};

/// Counts keys, and holds reads back when told to.
class SlowStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  bool hold = false;
  size_t keys_read = 0;
  std::deque<std::function<void()>> held;

  void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) override {
    for (const TableRead& read : reads) keys_read += read.keys.size();
    auto answer = std::make_shared<Result<std::vector<TableRows>>>(
        real().ReadAndWait(context, std::move(reads)));
    const auto give = [answer, done = std::move(done)] { done(std::move(*answer)); };
    if (!hold) return give();
    held.push_back(give);
  }
};

class CachingStoreTest : public testing::Test {
 protected:
  CachingStoreTest() {
    OnlineCacheOptions options{.view_ttl = {{"stats", 10 * kMicrosPerSecond}}, .max_bytes = 32768};
    auto slow = std::make_unique<SlowStore>(faulty_);
    slow_ = slow.get();
    cache_.emplace(std::move(slow), options, clock_);
    EXPECT_TRUE(memory_.UpdateInfrastructure({}, {{table_, other_}, {}}).ok());
    WriteBehind({{"k", kNoon, {StringValue("one"), ""}}});
  }
  void WriteBehind(const std::vector<Row>& rows) {
    EXPECT_TRUE(memory_.WriteAndWait({}, MakeBatch(table_, rows)).ok());
  }
  std::string Read(const std::string& key, const std::vector<std::string>& features = {"a", "b"}) {
    const auto rows = cache_->ReadAndWait({}, {{table_, features, {key}}});
    if (!rows.ok()) return rows.status().message();
    const TableRows& row = rows->front();
    return !row.event_times[0] ? "nothing" : std::string(row.cells[0].value);
  }

  FixedClock clock_{kNoon};
  MemoryStore memory_;
  FaultyStore faulty_{memory_};
  const std::shared_ptr<const OnlineTable> table_ = MakeTable();
  const std::shared_ptr<const OnlineTable> other_ = MakeTable("other");
  SlowStore* slow_ = nullptr;
  std::optional<CachingStore> cache_;
};

TEST_F(CachingStoreTest, RemembersRowsFoundOrNotUntilTheyAreOld) {
  EXPECT_EQ(Read("k"), StringValue("one"));
  EXPECT_EQ(Read("none"), "nothing");
  WriteBehind({{"k", kNoon + 1, {StringValue("two"), ""}}, {"none", kNoon, {"x", ""}}});
  EXPECT_EQ(Read("k"), StringValue("one"));
  EXPECT_EQ(Read("none"), "nothing");
  EXPECT_EQ(slow_->keys_read, 2U);
  clock_.Set(kNoon + 10 * kMicrosPerSecond);
  EXPECT_EQ(Read("k"), StringValue("two"));
  EXPECT_EQ(Read("none"), "x");
  const auto stats = cache_->stats();
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 4U);
  EXPECT_EQ(stats.entries, 2U);
}

TEST_F(CachingStoreTest, ViewsWithoutATimeAreAlwaysRead) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(cache_->ReadAndWait({}, {{other_, {"a"}, {"k"}}, {table_, {"a"}, {"k"}}}).ok());
  }
  EXPECT_EQ(slow_->keys_read, 4U) << "three of one view, one of the other";
}

TEST_F(CachingStoreTest, OtherFeaturesOfARowAreAnotherEntry) {
  EXPECT_EQ(Read("k", {"a"}), StringValue("one"));
  EXPECT_EQ(Read("k", {"b"}), "");
  EXPECT_EQ(Read("k", {"a"}), StringValue("one"));
  EXPECT_EQ(slow_->keys_read, 2U);
}

TEST_F(CachingStoreTest, ReadsOfOneRowAtTheSameTimeAreOne) {
  slow_->hold = true;
  int answered = 0;
  const auto read = [&](std::vector<std::string> keys) {
    cache_->Read({}, {{table_, {"a", "b"}, std::move(keys)}}, [&](const auto& rows) {
      ASSERT_TRUE(rows.ok());
      EXPECT_EQ(rows->front().cells[0].value, StringValue("one"));
      ++answered;
    });
  };
  read({"k"});
  read({"k"});
  read({"k", "none"});
  EXPECT_EQ(slow_->keys_read, 2U);
  slow_->held[1]();
  EXPECT_EQ(answered, 0) << "the third has one key, and waits for the other";
  slow_->held[0]();
  EXPECT_EQ(answered, 3);
  EXPECT_EQ(cache_->stats().shared, 2U);
}

TEST_F(CachingStoreTest, WhoWaitedForAReadThatFailsReadsAgain) {
  slow_->hold = true;
  faulty_.FailReads(1);
  std::vector<std::string> answers;
  for (int i = 0; i < 2; ++i) {
    cache_->Read({}, {{table_, {"a"}, {"k"}}}, [&](const auto& rows) {
      answers.push_back(rows.ok() ? std::string(rows->front().cells[0].value)
                                  : rows.status().message());
    });
  }
  slow_->hold = false;
  slow_->held[0]();
  EXPECT_EQ(answers, (std::vector<std::string>{StringValue("one"), "injected fault"}));
  EXPECT_EQ(Read("k", {"a"}), StringValue("one"));
}

TEST_F(CachingStoreTest, ARowWrittenWhileItIsReadIsNotKept) {
  slow_->hold = true;
  std::string first;
  cache_->Read({}, {{table_, {"a", "b"}, {"k"}}},
               [&](const auto& rows) { first = rows->front().cells[0].value; });
  slow_->hold = false;
  ASSERT_TRUE(
      cache_->WriteAndWait({}, MakeBatch(table_, {{"k", kNoon + 1, {StringValue("two"), ""}}}))
          .ok());
  EXPECT_EQ(Read("k"), StringValue("two")) << "what was written is seen at once";
  slow_->held[0]();
  EXPECT_EQ(first, StringValue("one")) << "asked for before";
  EXPECT_EQ(Read("k"), StringValue("two"));
}

TEST_F(CachingStoreTest, MemoryIsBounded) {
  for (int i = 0; i < 2000; ++i) Read("key" + std::to_string(i));
  const auto stats = cache_->stats();
  EXPECT_LE(stats.bytes, 32768U);
  EXPECT_GT(stats.entries, 40U);
  EXPECT_EQ(stats.entries + stats.evictions, 2000U);
}

TEST_F(CachingStoreTest, ManyThreadsGetRightAnswers) {
  std::vector<Row> rows;
  rows.reserve(50);
  for (int i = 0; i < 50; ++i) {
    rows.push_back({std::to_string(i), kNoon, {StringValue(std::to_string(i)), ""}});
  }
  WriteBehind(rows);
  auto store = CachingStore(std::make_unique<MemoryStore>(), {.ttl = kMicrosPerSecond}, clock_);
  ASSERT_TRUE(store.UpdateInfrastructure({}, {{table_}, {}}).ok());
  ASSERT_TRUE(store.WriteAndWait({}, MakeBatch(table_, rows)).ok());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string key = std::to_string((i * 7 + t) % 50);
        if (i % 97 == 0) (void)store.WriteAndWait({}, MakeBatch(table_, {rows[i % 50]}));
        const auto answer = store.ReadAndWait({}, {{table_, {"a"}, {key, "none"}}});
        const bool right = answer.ok() && answer->front().cells[0].value == StringValue(key) &&
                           !answer->front().cells[1].found;
        if (!right) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace

INSTANTIATE_ONLINE_STORE_CONFORMANCE(Cache, CacheQuirks)

}  // namespace feast
