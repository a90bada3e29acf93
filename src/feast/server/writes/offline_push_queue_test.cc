#include "feast/server/writes/offline_push_queue.h"

#include <gtest/gtest.h>

#include <future>

#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

OfflinePush Push(const std::string& source, const std::vector<int64_t>& ids,
                 const std::string& column = "id") {
  OwnedSchema schema;
  OwnedArray batch;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 1), NANOARROW_OK);
  EXPECT_EQ(ArrowSchemaSetType(schema->children[0], NANOARROW_TYPE_INT64), NANOARROW_OK);
  EXPECT_EQ(ArrowSchemaSetName(schema->children[0], column.c_str()), NANOARROW_OK);
  EXPECT_EQ(ArrowArrayInitFromSchema(batch.get(), schema.get(), nullptr), NANOARROW_OK);
  EXPECT_EQ(ArrowArrayStartAppending(batch.get()), NANOARROW_OK);
  for (const int64_t id : ids) {
    EXPECT_EQ(ArrowArrayAppendInt(batch->children[0], id), NANOARROW_OK);
    EXPECT_EQ(ArrowArrayFinishElement(batch.get()), NANOARROW_OK);
  }
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(batch.get(), nullptr), NANOARROW_OK);
  std::vector<OwnedArray> batches;
  batches.push_back(std::move(batch));
  return {source, StreamOfBatches(std::move(schema), std::move(batches))};
}

/// Notes what is written, as "source:id,id,…". Thread-safe.
class Written {
 public:
  OfflineWriter Writer() {
    return [this](const CallContext&, OfflinePush push) {
      std::string text = push.push_source + ":";
      while (true) {
        OwnedArray batch;
        if (!*NextBatch(push.rows.get(), batch.get())) break;
        const auto* ids = static_cast<const int64_t*>(batch->children[0]->buffers[1]);
        for (int64_t i = 0; i < batch->length; ++i) text += std::to_string(ids[i]) + ",";
      }
      return Take(text);
    };
  }
  /// Waits until `count` writes have been tried.
  std::vector<std::string> Await(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return texts_.size() >= count; });
    return texts_;
  }
  std::vector<Status> answers;  ///< to the first writes; OK afterwards

 private:
  Status Take(const std::string& text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(text);
    changed_.notify_all();
    return texts_.size() <= answers.size() ? answers[texts_.size() - 1] : Status::OK();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> texts_;
};

using Texts = std::vector<std::string>;

TEST(OfflinePushQueueTest, WritesOnceEnoughRowsWait) {
  Written written;
  OfflinePushQueue queue({.rows = 3, .interval = hours(1), .report = {}}, written.Writer());
  ASSERT_TRUE(queue.Add(Push("a", {1, 2})).ok());
  ASSERT_TRUE(queue.Add(Push("b", {9})).ok());
  ASSERT_TRUE(queue.Add(Push("a", {3})).ok());
  EXPECT_EQ(written.Await(1), Texts{"a:1,2,3,"});
}

TEST(OfflinePushQueueTest, WritesAfterTheInterval) {
  Written written;
  OfflinePushQueue queue({.rows = 100, .interval = milliseconds(1), .report = {}},
                         written.Writer());
  ASSERT_TRUE(queue.Add(Push("a", {1})).ok());
  EXPECT_EQ(written.Await(1), Texts{"a:1,"});
}

TEST(OfflinePushQueueTest, WritesWhatIsLeftAtTheEnd) {
  Written written;
  {
    OfflinePushQueue queue({.rows = 100, .interval = hours(1), .report = {}}, written.Writer());
    ASSERT_TRUE(queue.Add(Push("a", {1})).ok());
    ASSERT_TRUE(queue.Add(Push("a", {2}, "other")).ok());  // another layout: a batch of its own
    ASSERT_TRUE(queue.Add(Push("a", {3})).ok());
  }
  EXPECT_EQ(written.Await(2), (Texts{"a:1,3,", "a:2,"}));
}

TEST(OfflinePushQueueTest, RowsWaitWhileTheStoreIsAway) {
  Written written;
  written.answers = {Status::Unavailable("away")};
  Texts reports;
  {
    OfflinePushQueue queue({.rows = 1,
                            .interval = milliseconds(1),
                            .report = [&](const std::string& text) { reports.push_back(text); }},
                           written.Writer());
    ASSERT_TRUE(queue.Add(Push("a", {1})).ok());
    EXPECT_EQ(written.Await(2), (Texts{"a:1,", "a:1,"}));
  }
  EXPECT_EQ(reports, Texts{"1 rows pushed to 'a' are not in the offline store yet: away"});
}

TEST(OfflinePushQueueTest, OnlyBadRowsAreLost) {
  Written written;
  written.answers = {Status::InvalidArgument("bad row"), Status::OK(),
                     Status::InvalidArgument("bad row")};
  Texts reports;
  {
    OfflinePushQueue queue({.rows = 100,
                            .interval = hours(1),
                            .report = [&](const std::string& text) { reports.push_back(text); }},
                           written.Writer());
    ASSERT_TRUE(queue.Add(Push("a", {1})).ok());
    ASSERT_TRUE(queue.Add(Push("a", {2})).ok());
  }
  EXPECT_EQ(written.Await(3), (Texts{"a:1,2,", "a:1,", "a:2,"}));
  EXPECT_EQ(reports, Texts{"1 rows pushed to 'a' are not in the offline store: bad row"});
}

TEST(OfflinePushQueueTest, RefusesMoreThanItMayHold) {
  Written written;
  OfflinePushQueue queue({.rows = 100, .interval = hours(1), .max_rows = 2, .report = {}},
                         written.Writer());
  ASSERT_TRUE(queue.Add(Push("a", {1, 2})).ok());
  EXPECT_EQ(queue.Add(Push("a", {3})).code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace feast
