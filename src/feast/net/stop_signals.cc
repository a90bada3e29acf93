#include "feast/net/stop_signals.h"

#include <csignal>
#include <thread>
#include <utility>

#include <boost/asio.hpp>

#include "feast/net/event_loop.h"

namespace feast {

class StopSignals::Impl {
 public:
  explicit Impl(std::function<void()> stop)
      : stop_(std::move(stop)), signals_(loop_.context(), SIGTERM, SIGINT) {
    signals_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      signals_.clear();
      stop_();
    });
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~Impl() {
    loop_.context().stop();
    thread_.join();
  }

 private:
  const std::function<void()> stop_;
  EventLoop loop_;
  boost::asio::signal_set signals_;
  std::thread thread_;
};

StopSignals::StopSignals(std::function<void()> stop)
    : impl_(std::make_unique<Impl>(std::move(stop))) {}
StopSignals::~StopSignals() = default;

}  // namespace feast
