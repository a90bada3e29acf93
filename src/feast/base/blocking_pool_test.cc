#include "feast/base/blocking_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace feast {
namespace {

TEST(BlockingPool, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    BlockingPool pool(3, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }).ok());
  }
  EXPECT_EQ(ran, 500);
}

TEST(BlockingPool, RefusesWhenFull) {
  // Before the pool, whose end waits for the task that uses them.
  std::promise<void> started;
  std::promise<void> release;
  std::future<void> released = release.get_future();
  BlockingPool pool(1, 1);
  ASSERT_TRUE(pool.Submit([&] {
                    started.set_value();
                    released.wait();
                  })
                  .ok());
  started.get_future().wait();
  EXPECT_TRUE(pool.Submit([] {}).ok());
  EXPECT_EQ(pool.Submit([] {}).code(), StatusCode::kResourceExhausted);
  release.set_value();
}

TEST(BlockingPoolTest, FinishesWhatIsQueuedAndTakesNoMore) {
  BlockingPool pool(1, 10);
  int ran = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }).ok());
  pool.Finish();
  EXPECT_EQ(ran, 5);
  EXPECT_EQ(pool.Submit([&] { ++ran; }).code(), StatusCode::kUnavailable);
  pool.Finish();
  EXPECT_EQ(ran, 5);
}

}  // namespace
}  // namespace feast
