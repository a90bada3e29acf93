#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "feast/base/status.h"

namespace feast {

/// Threads that do blocking work behind an asynchronous interface.
///
/// Thread-safe. The destructor finishes. Costs one lock a task.
class BlockingPool {
 public:
  /// `threads` start with the first task; at most `max_queued` tasks wait.
  BlockingPool(size_t threads, size_t max_queued);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Queues a task. ResourceExhausted when the queue is full, Unavailable after the pool has
  /// finished; the task is then not run.
  Status Submit(std::function<void()> task);
  /// Runs what is queued and joins. For the owner; may be called again.
  void Finish();

 private:
  void Work();

  const size_t max_threads_;
  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_
  std::vector<std::thread> threads_;         // guarded by mutex_, until the pool finishes
  size_t idle_ = 0;                          // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
};

}  // namespace feast
