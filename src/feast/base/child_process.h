#pragma once
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"

namespace feast {

/// A process of ours, started without fork, with a socket to it.
///
/// Thread-compatible. It gets default signals, a process group of its own (Ctrl-C of the terminal
/// is ours to handle), the socket as descriptor 3 and nothing else that is open here; its standard
/// output goes to our standard error. The destructor kills it and waits.
class ChildProcess {
 public:
  static constexpr int kSocket = 3;  ///< the child's end

  /// `command` is the program and its arguments; `environment` holds NAME=value, empty: ours.
  /// Unavailable when it cannot be started.
  static Result<std::unique_ptr<ChildProcess>> Start(std::vector<std::string> command,
                                                     std::vector<std::string> environment = {});
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int socket() const { return socket_; }

  /// Whether it has not ended yet.
  bool Running();
  /// Kills it if it still runs; "was killed by signal 9 (Killed)", "ended with exit code 1".
  std::string End();

 private:
  ChildProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  const pid_t pid_;
  const int socket_;
  bool ended_ = false;
  int state_ = 0;  ///< of waitpid, once it has ended
};

}  // namespace feast
