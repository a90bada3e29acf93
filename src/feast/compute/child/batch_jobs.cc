#include "feast/compute/child/batch_jobs.h"

#include <utility>

#include "feast/base/message_socket.h"

namespace feast {
namespace {

void Tell(const MaterializeProgress& progress, const BatchProgress& news) {
  if (!news.done) {
    if (progress.view_started) progress.view_started(news.view, news.start, news.end);
  } else if (progress.view_done) {
    progress.view_done(news.view, news.rows);
  }
}

/// Sends the job and waits for its end. `alive` says afterwards whether `child` can take another.
Status Run(const CallContext& context, ChildProcess& child, BatchJob job,
           const MaterializeProgress& progress, bool* alive) {
  *alive = false;
  job.principal = context.principal();
  job.trace_id = context.trace_id();
  FEAST_ASSIGN_OR_RETURN(const std::string bytes, EncodeBatchJob(std::move(job)));
  MessageSocket socket(child.socket());
  Status lost = socket.Send(context, 'J', bytes);
  while (lost.ok()) {
    auto message = socket.Receive(context);
    if (!message.ok()) {
      lost = message.status();
    } else if (message->kind == 'P') {
      FEAST_ASSIGN_OR_RETURN(const BatchProgress news, DecodeBatchProgress(message->payload));
      Tell(progress, news);
    } else {
      *alive = true;
      return DecodeStatus(message->payload);
    }
  }
  if (lost.code() != StatusCode::kUnavailable) return lost;
  return Status::Internal("the batch process " + std::to_string(child.pid()) + " " + child.End() +
                          " before its job was done");
}

}  // namespace

Status BatchJobs::Materialize(const CallContext& context, const MaterializeRequest& request,
                              const MaterializeProgress& progress) {
  FEAST_ASSIGN_OR_RETURN(const auto child, ChildProcess::Start(command_));
  BatchJob job;
  job.work = request;
  bool alive = false;
  return Run(context, *child, std::move(job), progress, &alive);
}

Status BatchJobs::Push(const CallContext& context, OfflinePush push) {
  const std::lock_guard lock(mutex_);
  FEAST_RETURN_IF_ERROR(context.Check());
  if (!pushes_ || !pushes_->Running()) {
    pushes_ = nullptr;
    FEAST_ASSIGN_OR_RETURN(pushes_, ChildProcess::Start(command_));
  }
  BatchJob job;
  job.work = std::move(push);
  bool alive = false;
  Status status = Run(context, *pushes_, std::move(job), {}, &alive);
  if (!alive) pushes_ = nullptr;
  return status;
}

pid_t BatchJobs::push_process() {
  const std::lock_guard lock(mutex_);
  return pushes_ && pushes_->Running() ? pushes_->pid() : 0;
}

}  // namespace feast
