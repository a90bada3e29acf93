#include "feast/base/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace feast {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Gives errno.
int Spawn(std::vector<std::string>& command, std::vector<std::string>& environment, int socket,
          pid_t* pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, 2, 1);
  posix_spawn_file_actions_adddup2(&files, socket, ChildProcess::kSocket);
  posix_spawn_file_actions_addclosefrom_np(&files, ChildProcess::kSocket + 1);
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
  const int code =
      posix_spawnp(pid, command[0].c_str(), &files, &attributes, Pointers(command).data(),
                   environment.empty() ? environ : Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return code;
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(std::vector<std::string> command,
                                                          std::vector<std::string> environment) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return Status::Unavailable("cannot make a socket for " + command[0] + ": " +
                               std::strerror(errno));
  }
  int theirs = fds[1];
  if (theirs == kSocket) {  // dup2 onto itself would leave it closed on exec
    theirs = fcntl(fds[1], F_DUPFD_CLOEXEC, kSocket + 1);
    close(fds[1]);
  }
  pid_t pid = 0;
  const int code = Spawn(command, environment, theirs, &pid);
  close(theirs);
  if (code != 0) {
    close(fds[0]);
    return Status::Unavailable("cannot start " + command[0] + ": " + std::strerror(code));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, fds[0]));
}

ChildProcess::~ChildProcess() {
  close(socket_);
  End();
}

bool ChildProcess::Running() {
  if (!ended_) ended_ = waitpid(pid_, &state_, WNOHANG) == pid_;
  return !ended_;
}

std::string ChildProcess::End() {
  if (Running()) {
    kill(-pid_, SIGKILL);  // its whole group
    while (waitpid(pid_, &state_, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
  }
  if (WIFSIGNALED(state_)) {
    const int signal = WTERMSIG(state_);
    return "was killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  }
  return "ended with exit code " + std::to_string(WEXITSTATUS(state_));
}

}  // namespace feast
