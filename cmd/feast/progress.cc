#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "fmt/format.h"

namespace feast::cmd {
namespace {

constexpr auto kShortestPause = std::chrono::milliseconds(100);
constexpr int kBarWidth = 20;

bool SwitchedOff() {
  const char* value = std::getenv("FEAST_NO_PROGRESS");
  if (!value || !*value) return false;
  const std::string text = value;
  return text != "0" && text != "false" && text != "False" && text != "no";
}

std::string Clock(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

ProgressLine::ProgressLine(bool wanted)
    : on_(wanted && isatty(STDERR_FILENO) == 1 && !SwitchedOff()) {}

void ProgressLine::Show(const std::string& text, bool now) {
  const auto time = std::chrono::steady_clock::now();
  if (!on_ || (!now && shown_ && time - last_ < kShortestPause)) return;
  std::cout.flush();
  std::cerr << "\r\x1b[K" << text << std::flush;
  last_ = time;
  shown_ = true;
}

void ProgressLine::Clear() {
  if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

std::string RowsText(int64_t rows, std::optional<int64_t> total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(rows) / seconds : 0;
  if (!total || *total <= 0) {
    return fmt::format("{} rows, {:.0f} rows/s, {}", rows, rate, Clock(seconds));
  }
  const double part = std::min(1.0, static_cast<double>(rows) / static_cast<double>(*total));
  const int filled = static_cast<int>(part * kBarWidth);
  const std::string left =
      rate > 0 ? Clock(static_cast<double>(std::max<int64_t>(*total - rows, 0)) / rate) : "?";
  return fmt::format("{:3.0f}% |{}{}| {}/{} rows, {:.0f} rows/s, {} left", part * 100,
                     std::string(static_cast<size_t>(filled), '#'),
                     std::string(static_cast<size_t>(kBarWidth - filled), ' '), rows, *total, rate,
                     left);
}

}  // namespace feast::cmd
