#include "interruptible.h"

#include <nanobind/nanobind.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nb = nanobind;

namespace feast::native {
namespace {

constexpr std::chrono::milliseconds kSignalPoll{50};

// Says once that the work is over.
class Finish {
 public:
  void Set() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  bool WaitFor(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

}  // namespace

void RunInterruptibly(const CallContext& context, const std::function<void()>& work) {
  Finish finish;
  bool interrupted = false;
  std::thread worker([&] {
    work();
    finish.Set();
  });
  while (true) {
    bool done = false;
    {
      nb::gil_scoped_release release;
      done = finish.WaitFor(kSignalPoll);
    }
    if (done) break;
    if (!interrupted && PyErr_CheckSignals() != 0) {
      interrupted = true;
      context.Cancel();
      // The exception waits in the thread state; the work may call back into Python meanwhile.
      break;
    }
  }
  if (!interrupted) {
    nb::gil_scoped_release release;
    worker.join();
    return;
  }
  nb::python_error interrupt;
  {
    nb::gil_scoped_release release;
    worker.join();
  }
  throw interrupt;
}

}  // namespace feast::native
