#pragma once
#include <functional>
#include <memory>

namespace feast {

/// Tells of the first SIGTERM or SIGINT; a second one ends the process, as without this object.
///
/// Thread-safe. `stop` is called at most once, on a thread of this object's own. One at a time in a
/// process.
class StopSignals {
 public:
  explicit StopSignals(std::function<void()> stop);
  ~StopSignals();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace feast
