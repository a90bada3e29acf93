#include "feast/metrics/metrics.h"

#include <algorithm>
#include <charconv>

namespace feast {
namespace {

size_t ShardOfThisThread() {
  static std::atomic<size_t> next{0};
  thread_local const size_t kShard = next.fetch_add(1, std::memory_order_relaxed) % 8;
  return kShard;
}

std::string Number(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string RenderLabels(const MetricLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name + "=\"";
    for (const char c : value) {
      if (c == '\n') {
        out += "\\n";
        continue;
      }
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

std::string Braced(const std::string& labels, const std::string& more = "") {
  if (labels.empty() && more.empty()) return "";
  return "{" + labels + (labels.empty() || more.empty() ? "" : ",") + more + "}";
}

void ExposeHistogram(const std::string& name, const std::string& labels, const Histogram& histogram,
                     std::string* out) {
  const std::vector<uint64_t> counts = histogram.Cumulative();
  for (size_t i = 0; i < counts.size(); ++i) {
    const std::string bound =
        i < histogram.bounds().size() ? Number(histogram.bounds()[i]) : "+Inf";
    *out += name + "_bucket" + Braced(labels, "le=\"" + bound + "\"") + " " +
            std::to_string(counts[i]) + "\n";
  }
  *out += name + "_sum" + Braced(labels) + " " + Number(histogram.Sum()) + "\n";
  *out += name + "_count" + Braced(labels) + " " + std::to_string(counts.back()) + "\n";
}

}  // namespace

void Counter::Add(uint64_t n) {
  shards_[ShardOfThisThread()].value.fetch_add(n, std::memory_order_relaxed);
}

uint64_t Counter::Value() const {
  uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)) {
  for (Shard& shard : shards_) {
    shard.buckets = std::vector<std::atomic<uint64_t>>(bounds_.size() + 1);
  }
}

void Histogram::Observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  Shard& shard = shards_[ShardOfThisThread()];
  shard.buckets[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  shard.sum.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::Cumulative() const {
  std::vector<uint64_t> counts(bounds_.size() + 1);
  for (const Shard& shard : shards_) {
    for (size_t i = 0; i < counts.size(); ++i) {
      counts[i] += shard.buckets[i].load(std::memory_order_relaxed);
    }
  }
  for (size_t i = 1; i < counts.size(); ++i) counts[i] += counts[i - 1];
  return counts;
}

double Histogram::Sum() const {
  double sum = 0;
  for (const Shard& shard : shards_) sum += shard.sum.load(std::memory_order_relaxed);
  return sum;
}

Counter& Metrics::GetCounter(const std::string& name, const std::string& help,
                             const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[name];
  family.help = help;
  auto& counter = family.counters[RenderLabels(labels)];
  if (!counter) counter = std::make_unique<Counter>();
  return *counter;
}

Histogram& Metrics::GetHistogram(const std::string& name, const std::string& help,
                                 const MetricLabels& labels, const std::vector<double>& bounds) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[name];
  family.help = help;
  auto& histogram = family.histograms[RenderLabels(labels)];
  if (!histogram) histogram = std::make_unique<Histogram>(bounds);
  return *histogram;
}

void Metrics::SetGauge(const std::string& name, const std::string& help, const MetricLabels& labels,
                       double value) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[name];
  family.help = help;
  family.gauges[RenderLabels(labels)] = value;
}

std::string Metrics::Expose() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + family.help + "\n";
    out += "# TYPE " + name +
           (!family.histograms.empty() ? " histogram\n"
            : !family.gauges.empty()   ? " gauge\n"
                                       : " counter\n");
    for (const auto& [labels, value] : family.gauges) {
      out += name + Braced(labels) + " " + Number(value) + "\n";
    }
    for (const auto& [labels, counter] : family.counters) {
      out += name + Braced(labels) + " " + std::to_string(counter->Value()) + "\n";
    }
    for (const auto& [labels, histogram] : family.histograms) {
      ExposeHistogram(name, labels, *histogram, &out);
    }
  }
  return out;
}

}  // namespace feast
