#pragma once
/// Servers that tests start: a process, a free port, a folder. For tests only.
#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// A folder of its own, removed with what is in it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "feast_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A loopback port that nobody listened on a moment ago.
inline int FreeLoopbackPort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(fd, plain, size) == 0 && getsockname(fd, plain, &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

/// The first of PATH and `folders` that has this program; empty if none has.
inline std::string FindProgram(const std::string& name, std::vector<std::string> folders = {}) {
  std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  std::vector<std::string> all;
  for (std::string folder; std::getline(path, folder, ':');) all.push_back(folder);
  all.insert(all.end(), folders.begin(), folders.end());
  for (const std::string& folder : all) {
    const std::string file = folder + "/" + name;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

/// A server process, its output in `<folder>/log`. Thread-compatible. Ended by the destructor, and
/// by the kernel if the test dies.
class TestServer {
 public:
  /// Starts `command` in `folder` and waits until `ready` says so, half a minute at most. Started
  /// by root it runs as `user`, if one is given.
  static Result<std::unique_ptr<TestServer>> Start(std::vector<std::string> command,
                                                   const std::filesystem::path& folder,
                                                   const std::function<bool()>& ready,
                                                   const std::string& user = "") {
    const std::filesystem::path log = folder / "log";
    FEAST_ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, folder, log, user));
    auto server = std::unique_ptr<TestServer>(new TestServer(pid));
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!ready()) {
      if (server->Ended() || std::chrono::steady_clock::now() > patience) {
        std::stringstream text;
        text << std::ifstream(log).rdbuf();
        return Status::Unavailable(command[0] + " did not start: " + text.str());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return server;
  }

  /// Runs `command` to its end; an error if that is not exit code 0.
  static Status Run(std::vector<std::string> command, const std::filesystem::path& folder,
                    const std::string& user = "") {
    const std::filesystem::path log = folder / "log";
    FEAST_ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, folder, log, user));
    int state = 0;
    if (waitpid(pid, &state, 0) == pid && WIFEXITED(state) && WEXITSTATUS(state) == 0) {
      return Status::OK();
    }
    std::stringstream text;
    text << std::ifstream(log).rdbuf();
    return Status::Unavailable(command[0] + " failed: " + text.str());
  }

  /// Whether somebody listens on this loopback port.
  static bool Listens(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const bool connected =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return connected;
  }

  ~TestServer() { End(SIGKILL); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  pid_t pid() const { return pid_; }

  /// Sends the signal and waits until the process has ended.
  void End(int signal) {
    if (ended_) return;
    kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    ended_ = true;
  }

 private:
  explicit TestServer(pid_t pid) : pid_(pid) {}

  bool Ended() {
    if (!ended_) ended_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
    return ended_;
  }

  static Result<pid_t> Spawn(std::vector<std::string>& command, const std::filesystem::path& folder,
                             const std::filesystem::path& log, const std::string& user) {
    const passwd* account = nullptr;
    if (!user.empty() && geteuid() == 0) {
      account = getpwnam(user.c_str());
      if (account == nullptr) return Status::Unavailable("there is no user " + user);
      if (chown(folder.c_str(), account->pw_uid, account->pw_gid) != 0) {
        return Status::Unavailable("cannot give away " + folder.string());
      }
    }
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (pid < 0) return Status::Unavailable(std::string("cannot fork: ") + std::strerror(errno));
    if (pid > 0) return pid;
    // Only what is safe after a fork of a process with threads.
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out, 1);
    dup2(out, 2);
    setpgid(0, 0);
    if (account != nullptr && (setgroups(0, nullptr) != 0 || setgid(account->pw_gid) != 0 ||
                               setuid(account->pw_uid) != 0)) {
      _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (chdir(folder.c_str()) == 0) execv(arguments[0], arguments.data());
    _exit(127);
  }

  const pid_t pid_;
  bool ended_ = false;
};

}  // namespace feast
