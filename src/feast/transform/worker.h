#pragma once
#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/transform/worker_pool.h"

namespace feast {

/// One Python process and the socket to it. Thread-compatible; used by one run at a time.
///
/// The destructor kills the process and waits for it.
class Worker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// How a run ended, for who decides whether the worker lives on.
  enum class State { kIdle, kStarting, kLost, kKilled };

  /// Starts the process without waiting for it. Unavailable when it cannot be started.
  static Result<std::unique_ptr<Worker>> Start(const TransformOptions& options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  pid_t pid() const { return pid_; }
  State state() const { return state_; }

  /// Sends `view` if this worker has not seen its bytes, then `input`; the bytes of the answer.
  /// After a failure `state` says whether the worker can be used again.
  Result<std::string> Run(const CallContext& context, std::string_view name, std::string_view view,
                          std::string_view input, TransformFor use);

 private:
  Worker(const TransformOptions& options, pid_t pid, int fd);
  Status AwaitReady(const CallContext& context);
  Result<uint64_t> SendView(std::string_view name, std::string_view view);
  Status Send(char kind, std::string_view head, std::string_view payload);
  Status Receive(char* kind, std::string* payload);
  Status Transfer(char* bytes, size_t size, bool sending);
  Status Wait(short events);
  Status Lost();

  const TransformOptions& options_;
  const pid_t pid_;
  const int fd_;
  const TimePoint started_;
  State state_ = State::kStarting;
  std::map<std::pair<std::string, size_t>, uint64_t> known_;  ///< (name, hash of bytes) → id
  uint64_t next_id_ = 0;
  // Of the transfer under way.
  const CallContext* context_ = nullptr;
  TimePoint limit_;
};

}  // namespace feast
