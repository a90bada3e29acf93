#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace feast {

/// A fixed number of threads for calls that block, fed from a bounded queue.
///
/// Thread-safe. The destructor finishes what is queued.
class BlockingPool {
 public:
  BlockingPool(int threads, size_t max_queued);
  ~BlockingPool();
  /// False, and the task is not run, when the queue is full.
  bool Submit(std::function<void()> task);

 private:
  void Work();

  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;  ///< guarded by mutex_
  bool stopping_ = false;                    ///< guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace feast
