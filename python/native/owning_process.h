#pragma once
#include <unistd.h>

namespace feast::native {

/// The process that made an object. Immutable.
class OwningProcess {
 public:
  /// RuntimeError in a process that was forked from it: threads and connections do not survive a
  /// fork.
  void Check() const;

 private:
  const pid_t process_ = getpid();
};

}  // namespace feast::native
