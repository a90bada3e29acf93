#pragma once
// The loop of the load generators: closed, or at a rate, over connections with a thread each.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace feast {

struct LoadOptions {
  size_t connections = 0;
  double seconds = 0;
  double rate = 0;  ///< requests a second; 0: closed loop
};

/// CONNECTIONS SECONDS [RATE], the last arguments of a load generator.
inline LoadOptions ReadLoadOptions(int argc, char** argv, int first) {
  return {.connections = std::strtoull(argv[first], nullptr, 10),
          .seconds = std::atof(argv[first + 1]),
          .rate = argc > first + 2 ? std::atof(argv[first + 2]) : 0};
}

/// `connect(i)` makes connection i, on its thread: a function of a request's number, true when the
/// answer was the right one. With a rate, request k is due at k / rate, and the latency of an
/// overdue one counts from its due time. Prints one JSON object; returns the exit code.
template <typename Connect>
int RunLoad(const LoadOptions& options, const Connect& connect) {
  using Clock = std::chrono::steady_clock;
  const auto after = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  const Clock::time_point start = Clock::now(), end = start + after(options.seconds);
  std::atomic<uint64_t> next{0}, wrong{0};
  std::vector<std::vector<double>> parts(options.connections);  // latencies in seconds
  const auto run = [&](size_t connection) {
    const auto ask = connect(connection);
    while (true) {
      const uint64_t number = next++;
      Clock::time_point from = Clock::now();
      if (options.rate > 0) {
        const auto due = start + after(static_cast<double>(number) / options.rate);
        if (due >= end) return;
        std::this_thread::sleep_until(due);
        from = due > from ? Clock::now() : due;
      } else if (from >= end) {
        return;
      }
      if (!ask(number)) ++wrong;
      parts[connection].push_back(std::chrono::duration<double>(Clock::now() - from).count());
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) threads.emplace_back(run, i);
  for (auto& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<double> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  if (all.empty()) return 1;
  std::sort(all.begin(), all.end());
  const auto percentile = [&](double share) {
    const auto at = static_cast<size_t>(static_cast<double>(all.size()) * share);
    return all[std::min(all.size() - 1, at)] * 1e3;
  };
  std::printf(
      "{\"requests\": %zu, \"wrong\": %llu, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_ms\": "
      "%.3f, \"p99_ms\": %.3f}\n",
      all.size(), static_cast<unsigned long long>(wrong.load()), took,
      static_cast<double>(all.size()) / took, percentile(0.5), percentile(0.99));
  return wrong == 0 ? 0 : 1;
}

}  // namespace feast
