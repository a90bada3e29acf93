#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "feast/online/redis/redis_shared_cluster.h"

namespace feast {
namespace {

using online_conformance::EntityKey;
using online_conformance::MakeBatch;
using online_conformance::MakeTable;
using online_conformance::Row;
using online_conformance::StringValue;

constexpr Micros kTime = 1'000'000;

// Rows whose keys share a slot, and how that slot goes to another server.
class RedisClusterMoves : public testing::Test {
 protected:
  RedisClusterMoves() { cluster_.Reset(); }

  static Row RowOf(int i, Micros time = kTime) {
    return {"{tag}" + std::to_string(i), time, {ValueAt(time), ""}};
  }
  static std::string ValueAt(Micros time) { return StringValue("at " + std::to_string(time)); }
  static std::vector<Row> Rows(int begin, int end, Micros time = kTime) {
    std::vector<Row> rows;
    for (int i = begin; i < end; ++i) rows.push_back(RowOf(i, time));
    return rows;
  }
  static std::vector<std::string> Keys(int begin, int end) {
    std::vector<std::string> keys;
    for (int i = begin; i < end; ++i) keys.push_back(RowOf(i).key);
    return keys;
  }
  /// Keys before `written` have a row of this time, others have none.
  static void ExpectRows(OnlineStore& store, int written, int end, Micros time = kTime) {
    const auto read = store.ReadAndWait({}, {{MakeTable(), {"a"}, Keys(0, end)}});
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    for (int i = 0; i < end; ++i) {
      const auto& cell = (*read)[0].cells[static_cast<size_t>(i)];
      EXPECT_EQ(cell.found, i < written) << i;
      EXPECT_EQ(cell.value, i < written ? ValueAt(time) : "") << i;
    }
  }
  /// What is wrong with a row that may only become newer than `last`.
  static std::string WrongIn(const TableRows& rows, size_t row, Micros* last) {
    const auto time = rows.event_times[row];
    if (!time || rows.cells[row].value != ValueAt(*time)) return " is not as written";
    if (*time < *last) return " went back in time";
    *last = *time;
    return "";
  }
  void MoveHalf(int rows) const {
    cluster_.Open(slot_, from_, to_);
    std::vector<std::string> half;
    for (int i = 0; i < rows; i += 2) half.push_back(RowOf(i).key + "proj");
    cluster_.MoveKeys(half, from_, to_);
  }
  void MoveRest() const {
    const auto rest = cluster_.KeysIn(slot_, from_);
    if (!rest.empty()) cluster_.MoveKeys(rest, from_, to_);
    cluster_.Close(slot_, from_, to_);
  }
  /// Sums what all servers have counted.
  int64_t Count(const std::string& section, const std::string& name) const {
    int64_t sum = 0;
    for (size_t i = 0; i < cluster_.size(); ++i) sum += cluster_.Info(i, section, name);
    return sum;
  }
  int64_t Moved() const { return Count("errorstats", "errorstat_MOVED:count="); }
  int64_t MapsAskedFor() const { return Count("commandstats", "cmdstat_cluster|slots:calls="); }

  const RedisTestCluster& cluster_ = SharedCluster();
  const uint16_t slot_ = RedisSlotOf("{tag}");
  const size_t from_ = cluster_.OwnerOf("{tag}");
  const size_t to_ = (from_ + 1) % RedisTestCluster::kPrimaries;
};

TEST_F(RedisClusterMoves, KeysAreFoundOnBothSidesOfAMove) {
  const auto store = OpenCluster(cluster_);
  WriteRows(*store, Rows(0, 20));
  const int64_t asked = cluster_.Info(to_, "commandstats", "cmdstat_asking:calls=");
  MoveHalf(20);
  ExpectRows(*store, 20, 25);
  EXPECT_GE(cluster_.Info(to_, "commandstats", "cmdstat_asking:calls="), asked + 15)
      << "half of the keys, and those that do not exist";
  // Writes, too, go where the key is; new ones to where the slot goes; the guard holds there.
  WriteRows(*store, Rows(0, 25, kTime + 1));
  ExpectRows(*store, 25, 26, kTime + 1);
  WriteRows(*store, Rows(0, 25, kTime - 1));
  ExpectRows(*store, 25, 26, kTime + 1);
  EXPECT_EQ(cluster_.KeysIn(slot_, from_).size(), 10U);
  MoveRest();
  ExpectRows(*store, 25, 26, kTime + 1);
  EXPECT_EQ(cluster_.KeysIn(slot_, to_).size(), 25U);
  cluster_.MoveSlot(slot_, to_, from_);
  ExpectRows(*store, 25, 26, kTime + 1);
}

TEST_F(RedisClusterMoves, TheMapIsAskedForOnceAfterAMove) {
  const auto store = OpenCluster(cluster_);
  WriteRows(*store, Rows(0, 50));
  ExpectRows(*store, 50, 50);
  cluster_.MoveSlot(slot_, from_, to_);
  const int64_t maps = MapsAskedFor();
  const int64_t moved = Moved();
  ExpectRows(*store, 50, 50);
  EXPECT_GE(Moved(), moved + 50) << "all were on their way to the old place";
  EXPECT_TRUE(Eventually([&] { return MapsAskedFor() > maps; }));
  const int64_t moved_once = Moved();
  for (int i = 0; i < 5; ++i) ExpectRows(*store, 50, 50);
  EXPECT_EQ(Moved(), moved_once) << "the new place is known";
  EXPECT_LE(MapsAskedFor(), maps + 2) << "not for every refusal";
  cluster_.MoveSlot(slot_, to_, from_);
}

TEST_F(RedisClusterMoves, WritesWithoutAGuardFollowTheirKeys) {
  const auto store = OpenCluster(
      cluster_, "",
      {{"skip_dedup", Setting::Scalar("true")}, {"key_ttl_seconds", Setting::Scalar("1000")}});
  WriteRows(*store, Rows(0, 20));
  MoveHalf(20);
  WriteRows(*store, Rows(0, 30, kTime + 1));
  ExpectRows(*store, 30, 31, kTime + 1);
  MoveRest();
  for (const std::string& key : cluster_.KeysIn(slot_, to_)) {
    EXPECT_GT(cluster_.Ask(to_, {"TTL", key}).number, 900) << key;
  }
  WriteRows(*store, Rows(0, 30, kTime + 2));
  ExpectRows(*store, 30, 31, kTime + 2);
  cluster_.MoveSlot(slot_, to_, from_);
}

// A replica does not know what its primary has handed over, nor what it got a moment ago.
TEST_F(RedisClusterMoves, ReplicasAreNotBelievedThatThereIsNothing) {
  const auto store = OpenCluster(cluster_, ",read_from_replicas=true");
  WriteRows(*store, Rows(0, 20));
  for (int i = 0; i < 4; ++i) ExpectRows(*store, 20, 25);
  MoveHalf(20);
  for (int i = 0; i < 8; ++i) ExpectRows(*store, 20, 25);
  MoveRest();
  for (int i = 0; i < 8; ++i) ExpectRows(*store, 20, 25);
  cluster_.MoveSlot(slot_, to_, from_);
}

TEST_F(RedisClusterMoves, WalksOverAllKeysMeetThoseOnTheirWay) {
  const auto store = OpenCluster(cluster_);
  std::vector<Row> rows;
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    rows.push_back({EntityKey("{tag}" + std::to_string(i)), kTime, {StringValue("x"), ""}});
    keys.insert(rows.back().key);
  }
  WriteRows(*store, rows);
  cluster_.Open(slot_, from_, to_);
  cluster_.MoveKeys({rows[0].key + "proj", rows[1].key + "proj"}, from_, to_);
  std::set<std::string> found;
  bool has_moved = false;
  const Status scanned =
      store->key_scanner()->ScanKeys({}, *MakeTable(), [&](const std::vector<std::string>& some) {
        found.insert(some.begin(), some.end());
        if (has_moved) return Status::OK();
        // Behind the back of the walk, in the direction that it would miss.
        has_moved = true;
        cluster_.MoveKeys({rows[2].key + "proj", rows[3].key + "proj"}, from_, to_);
        return Status::OK();
      });
  ASSERT_TRUE(scanned.ok()) << scanned.ToString();
  EXPECT_EQ(found, keys);
  const Status dropped = store->UpdateInfrastructure({}, {{}, {MakeTable()}});
  ASSERT_TRUE(dropped.ok()) << dropped.ToString();
  EXPECT_EQ(cluster_.Keys(), 0);
  MoveRest();
  cluster_.MoveSlot(slot_, to_, from_);
}

/// What went wrong, each kind once. Thread-safe.
class Complaints {
 public:
  void operator()(const std::string& what) {
    const std::lock_guard lock(mutex_);
    heard_.insert(what);
  }
  const std::set<std::string>& heard() const { return heard_; }

 private:
  std::mutex mutex_;
  std::set<std::string> heard_;
};

// Slots go to and fro while rows are read and written: no error, no answer that is not right.
TEST_F(RedisClusterMoves, MovesUnderLoadAreNotNoticed) {
  constexpr int kRows = 40;
  const auto store = OpenCluster(cluster_);
  WriteRows(*store, Rows(0, kRows));
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  std::atomic<int> writes = 0;
  Complaints complain;
  const auto read = [&] {
    std::vector<Micros> last(kRows, 0);
    for (; !stop; ++reads) {
      const auto rows = store->ReadAndWait({}, {{MakeTable(), {"a"}, Keys(0, kRows + 2)}});
      if (!rows.ok()) {
        complain(rows.status().ToString());
        continue;
      }
      for (size_t i = 0; i < kRows; ++i) {
        const std::string bad = WrongIn((*rows)[0], i, &last[i]);
        if (!bad.empty()) complain("row " + std::to_string(i) + bad);
      }
      if ((*rows)[0].event_times[kRows]) complain("a row that was never written");
    }
  };
  const auto write = [&] {
    for (; !stop; ++writes) {
      const Status status =
          store->WriteAndWait({}, MakeBatch(MakeTable(), Rows(0, kRows, kTime + writes)));
      if (!status.ok()) complain(status.ToString());
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back(read);
  threads.emplace_back(read);
  threads.emplace_back(write);
  size_t from = from_;
  size_t to = to_;
  for (int move = 0; move < 10; ++move) {
    const int before = reads;
    cluster_.Open(slot_, from, to);
    EXPECT_TRUE(Eventually([&] { return reads > before + 5; }));
    for (const std::string& key : cluster_.KeysIn(slot_, from)) {
      cluster_.MoveKeys({key}, from, to);
    }
    cluster_.Close(slot_, from, to);
    EXPECT_TRUE(Eventually([&] { return reads > before + 10; }));
    std::swap(from, to);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (const std::string& what : complain.heard()) ADD_FAILURE() << what;
  EXPECT_GT(writes, 10);
}

}  // namespace
}  // namespace feast
