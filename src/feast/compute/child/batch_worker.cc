#include "feast/compute/child/batch_worker.h"

#include <sys/resource.h>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "feast/base/message_socket.h"
#include "feast/compute/child/batch_job.h"

namespace feast {
namespace {

constexpr int kNiceness = 10;

/// Reads messages ahead, so that the end of the socket is seen while a job runs. Thread-safe.
class Inbox {
 public:
  explicit Inbox(MessageSocket& socket) {
    // Ends with the socket; the process ends with it.
    reader_ = std::thread([this, &socket] {
      while (true) {
        auto message = socket.Receive(CallContext());
        const std::lock_guard lock(mutex_);
        if (!message.ok()) {
          closed_ = true;
          running_.Cancel();
        } else {
          jobs_.push_back(std::move(message->payload));
        }
        changed_.notify_one();
        if (closed_) return;
      }
    });
  }
  ~Inbox() { reader_.join(); }

  /// The next job, or none when the socket has ended.
  std::optional<std::string> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (closed_) return std::nullopt;
    std::string job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }
  /// Cancelled when the socket ends.
  CallContext NewContext() {
    const std::lock_guard lock(mutex_);
    running_ = CallContext();
    if (closed_) running_.Cancel();
    return running_;
  }

 private:
  std::thread reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> jobs_;  // guarded by mutex_
  bool closed_ = false;           // guarded by mutex_
  CallContext running_;           // guarded by mutex_
};

MaterializeProgress Report(MessageSocket& socket) {
  const auto send = [&socket](const BatchProgress& news) {
    // A server that is gone is noticed by the reader.
    (void)socket.Send(CallContext(), 'P', EncodeBatchProgress(news));
  };
  MaterializeProgress progress;
  progress.view_started = [send](const std::string& view, Micros start, Micros end) {
    send({.done = false, .view = view, .start = start, .end = end, .rows = 0});
  };
  progress.view_done = [send](const std::string& view, int64_t rows) {
    send({.done = true, .view = view, .start = 0, .end = 0, .rows = rows});
  };
  return progress;
}

Status RunJob(const std::string& bytes, CallContext context, MessageSocket& socket,
              Registry& registry, Ingest& ingest) {
  FEAST_ASSIGN_OR_RETURN(BatchJob job, DecodeBatchJob(bytes));
  context.set_principal(job.principal);
  context.set_trace_id(job.trace_id);
  FEAST_RETURN_IF_ERROR(registry.Refresh().status());
  if (const auto* request = std::get_if<MaterializeRequest>(&job.work)) {
    return ingest.Materialize(context, *request, Report(socket));
  }
  auto& push = std::get<OfflinePush>(job.work);
  return ingest.Push(context, push.push_source, std::move(push.rows), PushMode::kOffline);
}

}  // namespace

Status RunBatchWorker(int socket, Registry& registry, Ingest& ingest) {
  setpriority(PRIO_PROCESS, 0, kNiceness);
  // Where memory runs out, this process goes before the one that serves.
  std::ofstream("/proc/self/oom_score_adj") << 500;
  MessageSocket messages(socket);
  Inbox inbox(messages);
  while (auto bytes = inbox.Next()) {
    FEAST_RETURN_IF_ERROR(messages.Send(CallContext(), 'A', {}));
    const Status status = RunJob(*bytes, inbox.NewContext(), messages, registry, ingest);
    FEAST_RETURN_IF_ERROR(messages.Send(CallContext(), 'R', EncodeStatus(status)));
  }
  return Status::OK();
}

}  // namespace feast
