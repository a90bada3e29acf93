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
  BlockingPool pool(1, 1);
  std::promise<void> started;
  std::promise<void> release;
  ASSERT_TRUE(pool.Submit([&] {
                    started.set_value();
                    release.get_future().wait();
                  })
                  .ok());
  started.get_future().wait();
  EXPECT_TRUE(pool.Submit([] {}).ok());
  EXPECT_EQ(pool.Submit([] {}).code(), StatusCode::kResourceExhausted);
  release.set_value();
}

}  // namespace
}  // namespace feast
