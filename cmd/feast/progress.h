#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace feast::cmd {

/// A line on a terminal that is rewritten while work goes on. Thread-compatible.
///
/// Prints nothing when stderr is no terminal, or FEAST_NO_PROGRESS is set to anything but 0, false
/// or no. The line is gone when this object is.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted = true);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { Clear(); }

  /// Shows `text` in place of what was shown; at most ten times a second unless `now`.
  void Show(const std::string& text, bool now = false);
  void Clear();

 private:
  bool on_ = false;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

/// "  45% |#########           | 4500/10000 rows, 1200 rows/s, 0:04 left"; without a total only
/// rows, rows/s and the time that it took. Pure.
std::string RowsText(int64_t rows, std::optional<int64_t> total, double seconds);

}  // namespace feast::cmd
