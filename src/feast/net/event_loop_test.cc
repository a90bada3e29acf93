#include "feast/net/event_loop.h"

#include <gtest/gtest.h>

#include <future>

#include <boost/asio.hpp>

namespace feast {
namespace {

template <typename Work>
auto OnLoop(EventLoop& loop, Work work) {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  boost::asio::post(loop.context(), [&] { task(); });
  return result.get();
}

TEST(EventLoop, KnowsItsThread) {
  EventLoopThread first;
  EventLoopThread second;
  EXPECT_EQ(EventLoop::Current(), nullptr);
  EXPECT_EQ(OnLoop(first.loop(), [] { return EventLoop::Current(); }), &first.loop());
  EXPECT_EQ(OnLoop(second.loop(), [] { return EventLoop::Current(); }), &second.loop());
}

TEST(EventLoop, KeepsOneThingAKeyUntilItEnds) {
  const uint64_t key = EventLoop::NewKey();
  std::weak_ptr<int> kept;
  {
    EventLoopThread thread;
    OnLoop(thread.loop(), [&] {
      const auto number = std::make_shared<int>(7);
      kept = number;
      EventLoop::Current()->Kept(key) = number;
      return 0;
    });
    EXPECT_FALSE(kept.expired());
    EXPECT_EQ(OnLoop(thread.loop(), [&] { return EventLoop::Current()->Kept(key); }), kept.lock());
    EXPECT_EQ(OnLoop(thread.loop(), [] { return EventLoop::Current()->Kept(EventLoop::NewKey()); }),
              nullptr);
  }
  EXPECT_TRUE(kept.expired());
}

}  // namespace
}  // namespace feast
