#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/compute/child/batch_job.h"
#include "feast/ingest/buffered_rows.h"

namespace feast {

/// Writes the rows of one push to the offline store of every view of its source.
using OfflineWriter = std::function<Status(const CallContext&, OfflinePush)>;

/// When queued rows are written.
struct OfflineBatching {
  int64_t rows = 1;                                ///< as soon as so many wait
  std::chrono::milliseconds interval{30'000};      ///< at the latest after this
  int64_t max_rows = 1'000'000;                    ///< more are refused
  std::function<void(const std::string&)> report;  ///< told of rows that could not be written
};

/// Collects rows for the offline store and writes them in few large batches: one a push source
/// and layout of columns.
///
/// Thread-safe. Writes on a thread of its own. Rows that fail for a reason that may pass wait for
/// the next interval; a batch that is refused is written push by push, so that only the bad rows
/// are lost, and reported. The destructor writes what is queued.
class OfflinePushQueue {
 public:
  OfflinePushQueue(OfflineBatching batching, OfflineWriter writer);
  ~OfflinePushQueue();
  OfflinePushQueue(const OfflinePushQueue&) = delete;
  OfflinePushQueue& operator=(const OfflinePushQueue&) = delete;

  /// ResourceExhausted when too many rows wait already.
  Status Add(OfflinePush push);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Key {
    std::string source;
    std::string layout;  ///< names and formats of the columns
    auto operator<=>(const Key&) const = default;
  };
  struct Batch {
    std::vector<BufferedRows> pushes;
    int64_t rows = 0;
    TimePoint due;
  };

  void Work(const std::stop_token& stop);
  bool NextDue(bool all, Key* key, Batch* batch);
  void Write(const Key& key, Batch batch, bool last);
  Status WriteTogether(const Key& key, const std::vector<BufferedRows>& pushes);

  const OfflineBatching batching_;
  const OfflineWriter writer_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, Batch> batches_;  // guarded by mutex_
  int64_t rows_ = 0;              // guarded by mutex_: waiting or being written
  uint64_t added_ = 0;            // guarded by mutex_: pushes so far
  std::jthread thread_;
};

}  // namespace feast
