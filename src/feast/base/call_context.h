#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast/base/progress.h"
#include "feast/base/status.h"

namespace feast {

/// Who asks. Empty name and no roles: nobody was authenticated (auth is off).
struct Principal {
  std::string name;
  std::vector<std::string> roles;
};

/// What travels with one call from the server's door to the store: deadline, cancellation,
/// principal, trace id and progress. Copies share cancellation and progress. Thread-safe.
class CallContext {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  CallContext() : cancelled_(std::make_shared<std::atomic<bool>>(false)) {}

  /// A context that ends `timeout` from now.
  static CallContext WithTimeout(std::chrono::nanoseconds timeout);

  const std::optional<TimePoint>& deadline() const { return deadline_; }
  const Principal& principal() const { return principal_; }
  const std::string& trace_id() const { return trace_id_; }
  void set_principal(Principal principal) { principal_ = std::move(principal); }
  void set_trace_id(std::string id) { trace_id_ = std::move(id); }

  /// Where batch work says how far it is; null: nobody watches.
  Progress* progress() const { return progress_.get(); }
  void set_progress(std::shared_ptr<Progress> progress) { progress_ = std::move(progress); }
  void EnterStage(Progress::Stage stage) const {
    if (progress_) progress_->Enter(stage);
  }

  /// Asks everybody who works under this context to stop.
  void Cancel() const { cancelled_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_->load(std::memory_order_relaxed); }

  /// Cancelled or DeadlineExceeded once either is so; cheap enough for a loop over batches.
  Status Check() const;

 private:
  std::optional<TimePoint> deadline_;
  Principal principal_;
  std::string trace_id_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
  std::shared_ptr<Progress> progress_;
};

}  // namespace feast
