#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "feast/base/child_process.h"
#include "feast/compute/child/batch_job.h"

namespace feast {

/// Runs batch jobs in child processes, so that a serving process never loads the batch module.
///
/// Thread-safe. Each materialization has a process of its own, which ends with it; all offline
/// pushes share one that lives on, one push at a time. A call whose context ends kills its process:
/// an interrupted job leaves a state from which the next one is right. Internal says how a process
/// ended that did not answer, Unavailable that none could be started.
class BatchJobs {
 public:
  /// `command` starts the binary as a batch process (see batch_worker.h).
  explicit BatchJobs(std::vector<std::string> command) : command_(std::move(command)) {}

  Status Materialize(const CallContext& context, const MaterializeRequest& request,
                     const MaterializeProgress& progress);
  Status Push(const CallContext& context, OfflinePush push);

  /// The process that takes pushes; 0 before the first push and after it died.
  pid_t push_process();

 private:
  const std::vector<std::string> command_;
  std::mutex mutex_;
  std::unique_ptr<ChildProcess> pushes_;  // guarded by mutex_
};

}  // namespace feast
