#include "feast/base/blocking_pool.h"

#include <string>
#include <utility>

namespace feast {

BlockingPool::BlockingPool(size_t threads, size_t max_queued)
    : max_threads_(threads), max_queued_(max_queued) {}

BlockingPool::~BlockingPool() { Finish(); }

void BlockingPool::Finish() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

Status BlockingPool::Submit(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Status::Unavailable("the process is ending");
    if (tasks_.size() >= max_queued_) {
      return Status::ResourceExhausted("the queue for blocking work is full: " +
                                       std::to_string(max_queued_) + " calls are waiting");
    }
    tasks_.push_back(std::move(task));
    if (idle_ < tasks_.size() && threads_.size() < max_threads_) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  wake_.notify_one();
  return Status::OK();
}

void BlockingPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    --idle_;
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace feast
