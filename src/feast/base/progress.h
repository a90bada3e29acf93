#pragma once
#include <atomic>
#include <cstdint>

namespace feast {

/// How far a batch call is, for whoever watches it from another thread: hangs on the CallContext.
///
/// Thread-safe. The numbers are hints: each is right by itself, not all of them at one instant.
/// What is expected grows while the work finds out what it has to read.
class Progress {
 public:
  enum class Stage {
    kWaiting,
    kOpening,
    kSpilling,
    kScanning,
    kFetching,
    kTransforming,
    kWriting,
    kDone
  };

  /// The numbers at one time.
  struct Counts {
    Stage stage = Stage::kWaiting;
    int64_t rows_scanned = 0;   ///< rows of sources that were read, once a pass
    int64_t rows_expected = 0;  ///< of which so many are known to be read
    int64_t bytes_read = 0;     ///< as stored; 0 where sources do not tell
    int64_t groups_done = 0;    ///< row groups, or whatever a source is read by
    int64_t groups_total = 0;
    int64_t views_done = 0;
    int64_t views_total = 0;
  };

  void Enter(Stage stage) { stage_.store(stage, std::memory_order_relaxed); }
  void ExpectViews(int64_t views) { Add(views_total_, views); }
  void ViewDone() { Add(views_done_, 1); }
  void Expect(int64_t groups, int64_t rows) {
    Add(groups_total_, groups);
    Add(rows_expected_, rows);
  }
  void GroupDone(int64_t rows, int64_t bytes) {
    Add(groups_done_, 1);
    Add(rows_scanned_, rows);
    Add(bytes_read_, bytes);
  }

  Counts counts() const {
    const auto get = [](const auto& number) { return number.load(std::memory_order_relaxed); };
    return {get(stage_),       get(rows_scanned_), get(rows_expected_), get(bytes_read_),
            get(groups_done_), get(groups_total_), get(views_done_),    get(views_total_)};
  }

 private:
  using Number = std::atomic<int64_t>;
  static void Add(Number& number, int64_t more) {
    number.fetch_add(more, std::memory_order_relaxed);
  }

  std::atomic<Stage> stage_ = Stage::kWaiting;
  Number rows_scanned_ = 0;
  Number rows_expected_ = 0;
  Number bytes_read_ = 0;
  Number groups_done_ = 0;
  Number groups_total_ = 0;
  Number views_done_ = 0;
  Number views_total_ = 0;
};

}  // namespace feast
