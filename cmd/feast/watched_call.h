#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "feast/base/call_context.h"
#include "feast/net/stop_signals.h"

namespace feast::cmd {

/// A batch call of the command: while this lives, a line on the terminal says how far it is, and
/// the first Ctrl-C asks it to stop (a second one ends the process). Thread-compatible.
class WatchedCall {
 public:
  WatchedCall();
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;
  ~WatchedCall();

  const CallContext& context() const { return context_; }
  /// What came of it: once the call was interrupted, Cancelled with "interrupted" and `aftermath`.
  Status Outcome(Status status, const std::string& aftermath) const;

 private:
  void Show();

  CallContext context_;
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  std::unique_ptr<StopSignals> signals_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread painter_;
};

/// "scanning 2/5 views,  45% |#####     | 4500/10000 rows, …, 120 MB/s, 0:04 left". Pure.
std::string CallText(const Progress::Counts& counts, double seconds);

}  // namespace feast::cmd
