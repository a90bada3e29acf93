#include "feast/net/stop_signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <future>

namespace feast {
namespace {

bool IsDefault(int signal) {
  struct sigaction action {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_DFL;
}

TEST(StopSignalsTest, TellsOnceAndGivesTheSignalsBack) {
  for (const int signal : {SIGTERM, SIGINT}) {
    std::promise<bool> told;
    const StopSignals signals([&] { told.set_value(IsDefault(SIGTERM) && IsDefault(SIGINT)); });
    ASSERT_FALSE(IsDefault(signal));
    raise(signal);
    EXPECT_TRUE(told.get_future().get());
  }
}

TEST(StopSignalsTest, GivesTheSignalsBackUntold) {
  {
    const StopSignals signals([] { FAIL(); });
  }
  EXPECT_TRUE(IsDefault(SIGTERM));
}

}  // namespace
}  // namespace feast
