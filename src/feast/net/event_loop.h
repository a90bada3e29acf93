#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>

namespace boost::asio {
class io_context;
}

namespace feast {

/// One thread's event loop, and what is kept once a loop: connections of clients whose callers are
/// on that loop, so that a request never leaves its core.
///
/// Single-core: all but the constructor and `context` belongs to the thread inside `Run`.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  boost::asio::io_context& context() { return *context_; }

  /// Runs handlers on this thread until none is left or the context is stopped, then drops what was
  /// kept for the loop.
  void Run();
  /// Drops what is kept, so that it does not hold up the end of `Run`.
  void DropKept() { kept_.clear(); }

  /// The loop that runs this thread; null elsewhere.
  static EventLoop* Current();

  /// What the holder of `key` keeps on this loop: empty at first, dropped with the loop. Its
  /// destructor cancels what it waits for, or the loop has no end.
  std::shared_ptr<void>& Kept(uint64_t key) { return kept_[key]; }
  /// A key that no other holder in this process has.
  static uint64_t NewKey();

 private:
  std::unique_ptr<boost::asio::io_context> context_;
  std::unordered_map<uint64_t, std::shared_ptr<void>> kept_;
};

/// A loop with a thread of its own, from construction to destruction. Thread-safe.
class EventLoopThread {
 public:
  EventLoopThread();
  /// Stops the loop; handlers that have not run are dropped.
  ~EventLoopThread();

  EventLoop& loop() { return loop_; }

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace feast
