#include "feast/online/redis/wait_list.h"

#include <string>
#include <utility>
#include <vector>

#include <boost/asio.hpp>

namespace feast {
namespace {

constexpr size_t kMostWaiting = 4096;  // as many as a connection takes

}  // namespace

struct WaitList::Timer {
  explicit Timer(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
};

WaitList::WaitList(boost::asio::io_context& context) : timer_(std::make_shared<Timer>(context)) {}

WaitList::~WaitList() { WakeAll(Status::Cancelled("the connections to Redis were closed")); }

Status WaitList::Add(TimePoint at, Woken woken) {
  if (waiting_.size() >= kMostWaiting) {
    return Status::ResourceExhausted("too many requests wait for the Redis cluster: " +
                                     std::to_string(waiting_.size()));
  }
  const bool is_first = waiting_.empty() || at < waiting_.begin()->first;
  waiting_.emplace(at, std::move(woken));
  if (is_first) SetTimer();
  return Status::OK();
}

void WaitList::WakeAll(const Status& status) {
  timer_->timer.cancel();
  for (auto& [at, woken] : std::exchange(waiting_, {})) woken(status);
}

void WaitList::SetTimer() {
  if (waiting_.empty()) return;
  timer_->timer.expires_at(waiting_.begin()->first);
  timer_->timer.async_wait([this, weak = std::weak_ptr<Timer>(timer_)](const auto& error) {
    if (error || weak.expired()) return;  // set anew, or gone
    std::vector<Woken> due;
    const TimePoint now = std::chrono::steady_clock::now();
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      due.push_back(std::move(waiting_.begin()->second));
      waiting_.erase(waiting_.begin());
    }
    SetTimer();
    for (const Woken& woken : due) woken(Status::OK());
  });
}

}  // namespace feast
