#include "watched_call.h"

#include <chrono>

#include "fmt/format.h"
#include "progress.h"

namespace feast::cmd {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(100);

std::string_view Doing(Progress::Stage stage) {
  switch (stage) {
    case Progress::Stage::kWaiting:
      return "waiting";
    case Progress::Stage::kOpening:
      return "opening sources";
    case Progress::Stage::kScanning:
      return "scanning";
    case Progress::Stage::kFetching:
      return "fetching features";
    case Progress::Stage::kTransforming:
      return "running on-demand views";
    case Progress::Stage::kWriting:
      return "writing";
    case Progress::Stage::kDone:
      return "done";
  }
  return "";
}

}  // namespace

std::string CallText(const Progress::Counts& counts, double seconds) {
  std::string text(Doing(counts.stage));
  if (counts.views_total > 1) {
    text += fmt::format(" (view {} of {})", std::min(counts.views_done + 1, counts.views_total),
                        counts.views_total);
  }
  if (counts.rows_expected == 0) return text;
  text += " " + RowsText(counts.rows_scanned, counts.rows_expected, seconds);
  if (counts.bytes_read > 0 && seconds > 0) {
    text += fmt::format(", {:.0f} MB/s", static_cast<double>(counts.bytes_read) / 1e6 / seconds);
  }
  return text;
}

WatchedCall::WatchedCall() {
  context_.set_progress(progress_);
  signals_ = std::make_unique<StopSignals>([this] { context_.Cancel(); });
  painter_ = std::thread([this] { Show(); });
}

WatchedCall::~WatchedCall() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  painter_.join();
}

void WatchedCall::Show() {
  const auto began = std::chrono::steady_clock::now();
  ProgressLine line;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kRefresh, [this] { return over_; })) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
    line.Show(CallText(progress_->counts(), seconds.count()));
  }
}

Status WatchedCall::Outcome(Status status, const std::string& aftermath) const {
  if (status.ok() || !context_.cancelled()) return status;
  return Status::Cancelled("interrupted" + aftermath);
}

}  // namespace feast::cmd
