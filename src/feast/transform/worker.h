#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "feast/base/call_context.h"
#include "feast/base/child_process.h"
#include "feast/base/message_socket.h"
#include "feast/base/result.h"
#include "feast/transform/worker_pool.h"

namespace feast {

/// One Python process and the socket to it. Thread-compatible; used by one run at a time.
/// The destructor kills the process and waits for it.
class Worker {
 public:
  /// How a run ended, for who decides whether the worker lives on.
  enum class State { kIdle, kStarting, kLost, kKilled };

  /// Starts the process without waiting for it. Unavailable when it cannot be started.
  static Result<std::unique_ptr<Worker>> Start(const TransformOptions& options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  State state() const { return state_; }

  /// Sends `view` if this worker has not seen its bytes, then `input`; the bytes of the answer.
  /// After a failure `state` says whether the worker can be used again.
  Result<std::string> Run(const CallContext& context, std::string_view name, std::string_view view,
                          std::string_view input, TransformFor use);

 private:
  Worker(const TransformOptions& options, std::unique_ptr<ChildProcess> child);
  Status AwaitReady(const CallContext& context);
  Result<uint64_t> SendView(const CallContext& context, std::string_view name,
                            std::string_view view);
  Result<Message> Ask(const CallContext& context, std::string_view name, std::string_view view,
                      std::string_view input, TransformFor use);
  Status Failed(const CallContext& context, Status status);
  Status Lost();

  const TransformOptions& options_;
  const std::unique_ptr<ChildProcess> child_;
  MessageSocket socket_;
  const std::chrono::steady_clock::time_point started_;
  State state_ = State::kStarting;
  std::map<std::pair<std::string, size_t>, uint64_t> known_;  ///< (name, hash of bytes) → id
  uint64_t next_id_ = 0;
};

}  // namespace feast
