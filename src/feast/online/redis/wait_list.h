#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "feast/base/status.h"

namespace boost::asio {
class io_context;
}

namespace feast {

/// What is to go on at a later time, on one timer of an event loop. Single-core.
class WaitList {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  /// OK: the time has come.
  using Woken = std::function<void(const Status& status)>;

  explicit WaitList(boost::asio::io_context& context);
  /// Wakes all with Cancelled.
  ~WaitList();
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  /// ResourceExhausted, and nothing else happens, when too many wait.
  Status Add(TimePoint at, Woken woken);
  /// Wakes all now.
  void WakeAll(const Status& status);

 private:
  struct Timer;
  void SetTimer();

  std::multimap<TimePoint, Woken> waiting_;
  std::shared_ptr<Timer> timer_;
};

}  // namespace feast
