#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "feast/registry/registry.h"
#include "feast/retrieval/online_retriever.h"
#include "feast/serving_log/log_counts.h"
#include "feast/serving_log/log_rows.h"

namespace feast {

/// Appends rows to the destination of a feature service's logs. The text names the batch, of which
/// an earlier call may have written a part: those rows come again, and more behind them.
using LogWriter = std::function<Status(const CallContext&, const core::LoggingConfig&,
                                       const std::string&, OwnedStream)>;

struct FeatureLogOptions {
  ResolveOptions resolve;
  size_t max_rows = 100'000;                          ///< that wait; more are dropped and counted
  std::chrono::milliseconds flush_interval{600'000};  ///< rows are written at the latest after this
  std::function<void(const std::string&)> report;     ///< told of rows that are lost
};

/// Logs answers of feature services that have a logging configuration, at their sample rate.
///
/// Thread-safe. The thread that answers copies pointers only: rows are encoded and written by one
/// thread of this object's own. A full queue drops; rows that cannot be written wait for the next
/// interval. The destructor writes what waits; the answers that are under way must have ended.
class FeatureLogger {
 public:
  FeatureLogger(Registry& registry, FeatureLogOptions options, LogWriter writer,
                const Clock& clock);
  ~FeatureLogger();
  FeatureLogger(const FeatureLogger&) = delete;
  FeatureLogger& operator=(const FeatureLogger&) = delete;

  /// `done`, which also logs the answer when this request is one of the sample. Cost otherwise:
  /// one look-up of the service.
  OnlineDone Watch(const CallContext& context, const OnlineRequest& request, OnlineDone done);

  FeatureLogCounts counts() const {
    return {written_, dropped_, failed_, failed_writes_, waiting_rows_};
  }

  /// Writes what waits now, whatever the interval. Blocks.
  void Flush();

 private:
  struct Served {
    std::shared_ptr<const RegistrySnapshot> registry;
    const core::FeatureService* service;
    ServedAnswer answer;
  };
  /// Rows of one service in one registry generation.
  struct Waiting {
    std::shared_ptr<const RegistrySnapshot> registry;
    const core::FeatureService* service;
    LogRows rows;
    std::string batch;  ///< the same however often it is tried
  };

  bool Sampled(double rate);
  void Add(Served served);
  void Work(const std::stop_token& stop);
  void Collect(const Served& served);
  void WriteAll(bool last);
  void Lose(size_t rows, const std::string& why);

  Registry& registry_;
  const FeatureLogOptions options_;
  const LogWriter writer_;
  const Clock& clock_;
  std::atomic<uint64_t> asked_ = 0;
  std::atomic<uint64_t> written_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::atomic<uint64_t> failed_writes_ = 0;
  std::atomic<size_t> waiting_rows_ = 0;  // in the queue or collected

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Served> queue_;    // guarded by mutex_
  uint64_t flushes_asked_ = 0;  // guarded by mutex_
  uint64_t flushes_done_ = 0;   // guarded by mutex_
  // The writing thread's own.
  std::map<std::pair<uint64_t, std::string>, Waiting> waiting_;  // by generation and service
  std::chrono::steady_clock::time_point due_;
  std::jthread thread_;
};

}  // namespace feast
