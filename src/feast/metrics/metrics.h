#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace feast {

/// A number that only grows. Thread-safe; adding is one relaxed atomic on the thread's own shard.
class Counter {
 public:
  void Add(uint64_t n = 1);
  uint64_t Value() const;

 private:
  struct alignas(64) Shard {
    std::atomic<uint64_t> value{0};
  };
  std::array<Shard, 8> shards_;
};

/// Observations counted by upper bound. Thread-safe; one observation is three relaxed atomics.
class Histogram {
 public:
  /// `bounds` grow; an implicit last bucket takes what is above.
  explicit Histogram(std::vector<double> bounds);
  void Observe(double value);
  const std::vector<double>& bounds() const { return bounds_; }
  /// Observations at or below each bound, and last: all.
  std::vector<uint64_t> Cumulative() const;
  double Sum() const;

 private:
  struct alignas(64) Shard {
    std::vector<std::atomic<uint64_t>> buckets;
    std::atomic<double> sum{0};
  };
  std::vector<double> bounds_;
  std::array<Shard, 8> shards_;
};

/// Label names and values, in the order in which they are shown.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// The metrics of one process. Thread-safe. Getting a metric takes a lock: keep the reference,
/// which lives as long as this object.
class Metrics {
 public:
  Counter& GetCounter(const std::string& name, const std::string& help, const MetricLabels& labels);
  /// `bounds` count only when the metric is new.
  Histogram& GetHistogram(const std::string& name, const std::string& help,
                          const MetricLabels& labels, const std::vector<double>& bounds);
  /// A number that goes up and down; shown as it was set last.
  void SetGauge(const std::string& name, const std::string& help, const MetricLabels& labels,
                double value);
  /// All metrics in Prometheus' text format 0.0.4.
  std::string Expose() const;

 private:
  struct Family {
    std::string help;
    std::map<std::string, std::unique_ptr<Counter>> counters;  ///< by rendered labels
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
    std::map<std::string, double> gauges;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;  ///< guarded by mutex_
};

}  // namespace feast
