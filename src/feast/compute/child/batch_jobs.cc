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

/// How far a job came.
enum class Reached { kLost, kBegun, kAnswered };

/// Sends the job and waits for its end.
Status Run(const CallContext& context, ChildProcess& child, const std::string& job,
           const MaterializeProgress& progress, Reached* reached) {
  *reached = Reached::kLost;
  MessageSocket socket(child.socket());
  Status lost = socket.Send(context, 'J', job);
  while (lost.ok()) {
    auto message = socket.Receive(context);
    if (!message.ok()) {
      lost = message.status();
    } else if (message->kind == 'A') {
      *reached = Reached::kBegun;
    } else if (message->kind == 'P') {
      FEAST_ASSIGN_OR_RETURN(const BatchProgress news, DecodeBatchProgress(message->payload));
      Tell(progress, news);
    } else {
      *reached = Reached::kAnswered;
      return DecodeStatus(message->payload);
    }
  }
  if (lost.code() != StatusCode::kUnavailable) return lost;
  return Status::Internal("the batch process " + std::to_string(child.pid()) + " " + child.End() +
                          " before its job was done");
}

Result<std::string> Encode(const CallContext& context, BatchJob job) {
  job.principal = context.principal();
  job.trace_id = context.trace_id();
  return EncodeBatchJob(std::move(job));
}

}  // namespace

Status BatchJobs::Materialize(const CallContext& context, const MaterializeRequest& request,
                              const MaterializeProgress& progress) {
  FEAST_RETURN_IF_ERROR(context.Check());
  BatchJob job;
  job.work = request;
  FEAST_ASSIGN_OR_RETURN(const std::string bytes, Encode(context, std::move(job)));
  FEAST_ASSIGN_OR_RETURN(const auto child, ChildProcess::Start(command_));
  Reached reached = Reached::kLost;
  return Run(context, *child, bytes, progress, &reached);
}

Status BatchJobs::Push(const CallContext& context, OfflinePush push) {
  BatchJob job;
  job.work = std::move(push);
  FEAST_ASSIGN_OR_RETURN(const std::string bytes, Encode(context, std::move(job)));
  const std::lock_guard lock(mutex_);
  FEAST_RETURN_IF_ERROR(context.Check());
  const bool used = pushes_ && pushes_->Running();
  if (!used) {
    pushes_ = nullptr;
    FEAST_ASSIGN_OR_RETURN(pushes_, ChildProcess::Start(command_));
  }
  Reached reached = Reached::kLost;
  Status status = Run(context, *pushes_, bytes, {}, &reached);
  if (used && reached == Reached::kLost && status.code() == StatusCode::kInternal) {
    // It was dying since the last push and never began this one.
    FEAST_ASSIGN_OR_RETURN(pushes_, ChildProcess::Start(command_));
    status = Run(context, *pushes_, bytes, {}, &reached);
  }
  if (reached != Reached::kAnswered) pushes_ = nullptr;
  return status;
}

pid_t BatchJobs::push_process() {
  const std::lock_guard lock(mutex_);
  return pushes_ && pushes_->Running() ? pushes_->pid() : 0;
}

}  // namespace feast
