#include "feast/net/event_loop.h"

#include <boost/asio.hpp>

namespace feast {
namespace {

thread_local EventLoop* current_loop = nullptr;

}  // namespace

EventLoop::EventLoop() : context_(std::make_unique<boost::asio::io_context>(1)) {}
EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  current_loop = this;
  context_->run();
  DropKept();
  current_loop = nullptr;
}

EventLoop* EventLoop::Current() { return current_loop; }

uint64_t EventLoop::NewKey() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

EventLoopThread::EventLoopThread()
    : thread_([this] {
        const auto guard = boost::asio::make_work_guard(loop_.context());
        loop_.Run();
      }) {}

EventLoopThread::~EventLoopThread() {
  loop_.context().stop();
  thread_.join();
}

}  // namespace feast
