#pragma once
/// Servers that tests start and end: for test files only.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "feast/base/child_process.h"

namespace feast {

/// A folder of its own below the system's temporary one, removed at the end. Immutable.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "feast_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A loopback port that nothing listens on at this moment.
inline uint16_t FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  close(listener);
  return ntohs(address.sin_port);
}

/// Asks until the answer is yes, at most `limit` long; whether it was.
inline bool Eventually(const std::function<bool()>& is_so,
                       std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// A server as a child process, until the object ends. Thread-compatible.
class ServerProcess {
 public:
  /// Starts `command` and waits until `is_ready`; null, with a test failure, if it never is.
  static std::unique_ptr<ServerProcess> Start(std::vector<std::string> command,
                                              const std::function<bool()>& is_ready) {
    const std::string name = command.front();
    auto child = ChildProcess::Start(std::move(command));
    if (!child.ok()) {
      ADD_FAILURE() << child.status().ToString();
      return nullptr;
    }
    auto server = std::unique_ptr<ServerProcess>(new ServerProcess(*std::move(child)));
    const bool is_up = Eventually([&] { return !server->child_->Running() || is_ready(); });
    if (is_up && server->child_->Running()) return server;
    ADD_FAILURE() << name << (is_up ? " " + server->child_->End() : " did not become ready");
    return nullptr;
  }

  pid_t pid() const { return child_->pid(); }

  /// Sends the signal and waits for the end.
  void End(int signal) {
    kill(pid(), signal);
    EXPECT_TRUE(Eventually([this] { return !child_->Running(); }));
  }

 private:
  explicit ServerProcess(std::unique_ptr<ChildProcess> child) : child_(std::move(child)) {}
  const std::unique_ptr<ChildProcess> child_;
};

}  // namespace feast
