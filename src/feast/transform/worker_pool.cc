#include "feast/transform/worker_pool.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "feast/transform/arrow_ipc.h"
#include "feast/transform/worker.h"

namespace feast {
namespace {

// The same view must give the same bytes, so that a worker gets them once.
std::string Serialize(const core::OnDemandFeatureView& view) {
  std::string bytes;
  google::protobuf::io::StringOutputStream sink(&bytes);
  google::protobuf::io::CodedOutputStream coded(&sink);
  coded.SetSerializationDeterministic(true);
  view.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

/// See MakePythonTransformer. Thread-safe.
class PythonTransformer final : public Transformer {
 public:
  explicit PythonTransformer(TransformOptions options) : options_(std::move(options)) {}

  Result<OwnedStream> Run(const CallContext& context, const core::OnDemandFeatureView& view,
                          OwnedStream input, TransformFor use) override {
    const std::string where = "on-demand feature view " + view.spec().name();
    if (!view.spec().aggregations().empty()) {
      return Status::Unimplemented(where + " has aggregations; running them is not supported yet");
    }
    std::string bytes;
    FEAST_RETURN_IF_ERROR(WriteIpcStream(std::move(input), &bytes).Annotate(where));
    Result<std::string> answer = RunOnce(context, view.spec().name(), Serialize(view), bytes, use);
    if (!answer.ok()) return answer.status().Annotate(where);
    return ReadIpcStream(*answer);
  }

 private:
  Result<std::string> RunOnce(const CallContext& context, const std::string& name,
                              const std::string& view, const std::string& input, TransformFor use) {
    Status lost;
    for (int attempt = 0; attempt < 2; ++attempt) {
      FEAST_ASSIGN_OR_RETURN(std::unique_ptr<Worker> worker, Acquire(context));
      Result<std::string> answer = worker->Run(context, name, view, input, use);
      const bool died = worker->state() == Worker::State::kLost;
      Release(std::move(worker));
      if (!died) return answer;
      lost = answer.status();
    }
    return lost.Annotate("it was tried twice");
  }

  // An idle worker, or a new one if there may be more; else waits for one.
  Result<std::unique_ptr<Worker>> Acquire(const CallContext& context) {
    auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.timeout_ms);
    if (context.deadline() && *context.deadline() < limit) limit = *context.deadline();
    std::unique_lock lock(mutex_);
    const bool free = released_.wait_until(
        lock, limit, [&] { return !idle_.empty() || busy_ < options_.workers; });
    if (!free) {
      FEAST_RETURN_IF_ERROR(context.Check());
      return Status::ResourceExhausted("all " + std::to_string(options_.workers) +
                                       " Python workers are busy");
    }
    ++busy_;
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
    lock.unlock();
    Result<std::unique_ptr<Worker>> started = Worker::Start(options_);
    if (!started.ok()) Release(nullptr);
    return started;
  }

  // Takes a worker back if it can be used again, else ends it (which waits for the process).
  void Release(std::unique_ptr<Worker> worker) {
    const bool usable = worker && (worker->state() == Worker::State::kIdle ||
                                   worker->state() == Worker::State::kStarting);
    if (!usable) worker.reset();
    {
      const std::lock_guard lock(mutex_);
      --busy_;
      if (usable) idle_.push_back(std::move(worker));
    }
    released_.notify_one();
  }

  const TransformOptions options_;
  std::mutex mutex_;
  std::condition_variable released_;
  int busy_ = 0;                               // guarded by mutex_
  std::vector<std::unique_ptr<Worker>> idle_;  // guarded by mutex_; workers borrow options_
};

std::unique_ptr<Transformer> MakePythonTransformer(TransformOptions options) {
  return std::make_unique<PythonTransformer>(std::move(options));
}

}  // namespace feast
