#include "feast/transform/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

extern char** environ;

namespace feast {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kWorkerFd = 3;
constexpr size_t kMaxKnownViews = 256;
constexpr uint64_t kMaxAnswerBytes = 4ull << 30;
constexpr milliseconds kCancelCheck{50};

std::string LittleEndian(uint64_t value) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

uint64_t FromLittleEndian(const char* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return value;
}

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

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts the process with `fd` as its descriptor 3, a process group of its own (so that Ctrl-C of
// the terminal is ours to handle) and default signals. Gives errno.
int Spawn(const TransformOptions& options, int fd, pid_t* pid) {
  std::vector<std::string> arguments = {options.python, "-m", "feast.transform_worker",
                                        "--memory-limit",
                                        std::to_string(options.memory_limit_bytes)};
  if (options.allow_pickled) arguments.emplace_back("--allow-pickled");
  if (!options.repo_path.empty()) {
    arguments.insert(arguments.end(), {"--repo", options.repo_path.string()});
  }
  std::vector<std::string> environment = WorkerEnvironment(options);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, 2, 1);
  posix_spawn_file_actions_adddup2(&files, fd, kWorkerFd);
  posix_spawn_file_actions_addclosefrom_np(&files, kWorkerFd + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int code = posix_spawnp(pid, options.python.c_str(), &files, &attributes,
                                Pointers(arguments).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return code;
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Start(const TransformOptions& options) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return Status::Unavailable(std::string("cannot make a socket for a Python worker: ") +
                               std::strerror(errno));
  }
  pid_t pid = 0;
  const int code = Spawn(options, fds[1], &pid);
  close(fds[1]);
  if (code != 0) {
    close(fds[0]);
    return Status::Unavailable("cannot start a Python worker with " + options.python + ": " +
                               std::strerror(code));
  }
  return std::unique_ptr<Worker>(new Worker(options, pid, fds[0]));
}

Worker::Worker(const TransformOptions& options, pid_t pid, int fd)
    : options_(options), pid_(pid), fd_(fd), started_(steady_clock::now()) {}

Worker::~Worker() {
  close(fd_);
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Status Worker::Lost() {
  state_ = State::kLost;
  return Status::Unavailable("the Python worker ended unexpectedly");
}

// Waits until the socket is ready, the limit of the transfer has passed or the caller gave up.
Status Worker::Wait(short events) {
  while (true) {
    if (Status status = context_->Check(); !status.ok()) {
      if (state_ != State::kStarting) state_ = State::kKilled;
      return status;
    }
    const auto left = std::chrono::ceil<milliseconds>(limit_ - steady_clock::now());
    if (left.count() <= 0) {
      const bool starting = state_ == State::kStarting;
      state_ = State::kKilled;
      return Status::DeadlineExceeded(
          starting ? "the Python worker was not ready after " +
                         std::to_string(options_.start_timeout_ms) + " ms"
                   : "it ran longer than " + std::to_string(options_.timeout_ms) +
                         " ms; its worker was stopped");
    }
    pollfd poll_fd{fd_, events, 0};
    const int ready = poll(&poll_fd, 1, static_cast<int>(std::min(left, kCancelCheck).count()));
    if (ready > 0) return Status::OK();
    if (ready < 0 && errno != EINTR) return Lost();
  }
}

Status Worker::Transfer(char* bytes, size_t size, bool sending) {
  while (size > 0) {
    const ssize_t count = sending ? send(fd_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : recv(fd_, bytes, size, MSG_DONTWAIT);
    if (count > 0) {
      bytes += count;
      size -= static_cast<size_t>(count);
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      FEAST_RETURN_IF_ERROR(Wait(sending ? POLLOUT : POLLIN));
    } else if (count == 0 || errno != EINTR) {
      return Lost();
    }
  }
  return Status::OK();
}

Status Worker::Send(char kind, std::string_view head, std::string_view payload) {
  std::string start = kind + LittleEndian(head.size() + payload.size());
  start += head;
  FEAST_RETURN_IF_ERROR(Transfer(start.data(), start.size(), true));
  return Transfer(const_cast<char*>(payload.data()), payload.size(), true);
}

Status Worker::Receive(char* kind, std::string* payload) {
  char head[9];
  FEAST_RETURN_IF_ERROR(Transfer(head, sizeof(head), false));
  *kind = head[0];
  const uint64_t size = FromLittleEndian(head + 1);
  if (size > kMaxAnswerBytes) {
    state_ = State::kKilled;
    return Status::ResourceExhausted(
        "the answer of the Python worker is too large: " + std::to_string(size) + " bytes");
  }
  payload->resize(size);
  return Transfer(payload->data(), size, false);
}

Status Worker::AwaitReady(const CallContext& context) {
  if (state_ != State::kStarting) return Status::OK();
  limit_ = started_ + milliseconds(options_.start_timeout_ms);
  char kind = 0;
  std::string nothing;
  FEAST_RETURN_IF_ERROR(Wait(POLLIN));
  FEAST_RETURN_IF_ERROR(Receive(&kind, &nothing));
  if (kind != 'H') return Lost();
  state_ = State::kIdle;
  return context.Check();
}

Result<uint64_t> Worker::SendView(std::string_view name, std::string_view view) {
  const auto key = std::pair(std::string(name), std::hash<std::string_view>()(view));
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMaxKnownViews) {
    FEAST_RETURN_IF_ERROR(Send('C', {}, {}));
    known_.clear();
  }
  const uint64_t id = ++next_id_;
  FEAST_RETURN_IF_ERROR(Send('V', LittleEndian(id), view));
  known_.emplace(key, id);
  return id;
}

Result<std::string> Worker::Run(const CallContext& context, std::string_view name,
                                std::string_view view, std::string_view input, TransformFor use) {
  context_ = &context;
  FEAST_RETURN_IF_ERROR(AwaitReady(context));
  limit_ = steady_clock::now() + milliseconds(options_.timeout_ms);
  FEAST_ASSIGN_OR_RETURN(const uint64_t id, SendView(name, view));
  const char request = use == TransformFor::kWriting ? 'W' : 'R';
  FEAST_RETURN_IF_ERROR(Send(request, LittleEndian(id), input));
  char kind = 0;
  std::string payload;
  FEAST_RETURN_IF_ERROR(Receive(&kind, &payload));
  switch (kind) {
    case 'O':
      return payload;
    case 'E':
      return Status::FailedPrecondition(std::move(payload));
    case 'M':
      state_ = State::kKilled;
      return Status::ResourceExhausted(std::move(payload));
    default:
      return Lost();
  }
}

}  // namespace feast
