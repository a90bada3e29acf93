#include "feast/transform/worker.h"

#include <unistd.h>

#include <utility>
#include <vector>

extern char** environ;

namespace feast {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxKnownViews = 256;

// This process's environment, with the package's folder first on Python's path.
std::vector<std::string> WorkerEnvironment(const TransformOptions& options) {
  std::vector<std::string> variables;
  std::string path = options.python_path;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with("PYTHONPATH=")) {
      if (!path.empty() && text.size() > 11) path += ":";
      path += text.substr(11);
    } else if (!text.starts_with("PYTHONSAFEPATH=")) {
      variables.emplace_back(text);
    }
  }
  if (!path.empty()) variables.push_back("PYTHONPATH=" + path);
  variables.emplace_back("PYTHONSAFEPATH=1");  // not the server's working folder
  return variables;
}

std::vector<std::string> WorkerCommand(const TransformOptions& options) {
  std::vector<std::string> command = {options.python, "-m", "feast.transform_worker",
                                      "--memory-limit", std::to_string(options.memory_limit_bytes)};
  if (options.allow_pickled) command.emplace_back("--allow-pickled");
  if (!options.repo_path.empty()) {
    command.insert(command.end(), {"--repo", options.repo_path.string()});
  }
  return command;
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Start(const TransformOptions& options) {
  auto child = ChildProcess::Start(WorkerCommand(options), WorkerEnvironment(options));
  if (!child.ok()) return child.status().Annotate("the Python worker");
  return std::unique_ptr<Worker>(new Worker(options, *std::move(child)));
}

Worker::Worker(const TransformOptions& options, std::unique_ptr<ChildProcess> child)
    : options_(options),
      child_(std::move(child)),
      socket_(child_->socket()),
      started_(steady_clock::now()) {}

Status Worker::Lost() {
  state_ = State::kLost;
  return Status::Unavailable("the Python worker ended unexpectedly");
}

// What a failed transfer means: the worker is gone, the caller gave up, or a limit has passed.
Status Worker::Failed(const CallContext& context, Status status) {
  if (status.code() == StatusCode::kUnavailable) return Lost();
  const bool starting = state_ == State::kStarting;
  Status given_up = context.Check();
  if (!given_up.ok() && starting) return given_up;  // it may still become ready
  state_ = State::kKilled;
  if (!given_up.ok()) return given_up;
  if (status.code() != StatusCode::kDeadlineExceeded) return status;
  return Status::DeadlineExceeded(starting ? "the Python worker was not ready after " +
                                                 std::to_string(options_.start_timeout_ms) + " ms"
                                           : "it ran longer than " +
                                                 std::to_string(options_.timeout_ms) +
                                                 " ms; its worker was stopped");
}

Status Worker::AwaitReady(const CallContext& context) {
  if (state_ != State::kStarting) return Status::OK();
  socket_.set_limit(started_ + milliseconds(options_.start_timeout_ms));
  FEAST_ASSIGN_OR_RETURN(const Message message, socket_.Receive(context));
  if (message.kind != 'H') return Status::Unavailable("no worker of ours");
  state_ = State::kIdle;
  return Status::OK();
}

Result<uint64_t> Worker::SendView(const CallContext& context, std::string_view name,
                                  std::string_view view) {
  const auto key = std::pair(std::string(name), std::hash<std::string_view>()(view));
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMaxKnownViews) {
    FEAST_RETURN_IF_ERROR(socket_.Send(context, 'C', {}));
    known_.clear();
  }
  const uint64_t id = ++next_id_;
  FEAST_RETURN_IF_ERROR(socket_.Send(context, 'V', LittleEndian(id), view));
  known_.emplace(key, id);
  return id;
}

Result<Message> Worker::Ask(const CallContext& context, std::string_view name,
                            std::string_view view, std::string_view input, TransformFor use) {
  socket_.set_limit(steady_clock::now() + milliseconds(options_.timeout_ms));
  FEAST_ASSIGN_OR_RETURN(const uint64_t id, SendView(context, name, view));
  const char request = use == TransformFor::kWriting ? 'W' : 'R';
  FEAST_RETURN_IF_ERROR(socket_.Send(context, request, LittleEndian(id), input));
  return socket_.Receive(context);
}

Result<std::string> Worker::Run(const CallContext& context, std::string_view name,
                                std::string_view view, std::string_view input, TransformFor use) {
  if (const Status ready = AwaitReady(context); !ready.ok()) return Failed(context, ready);
  FEAST_RETURN_IF_ERROR(context.Check());  // nothing was sent: the worker stays as it is
  auto answer = Ask(context, name, view, input, use);
  if (!answer.ok()) return Failed(context, answer.status());
  switch (answer->kind) {
    case 'O':
      return std::move(answer->payload);
    case 'E':
      return Status::FailedPrecondition(std::move(answer->payload));
    case 'M':
      state_ = State::kKilled;
      return Status::ResourceExhausted(std::move(answer->payload));
    default:
      return Lost();
  }
}

}  // namespace feast
