// The as-of kernel on generated rows, one thread: pit_join_bench [entity rows] [feature rows].
// Feature row r has key r % keys and time r; an entity row asks at a time whose answer is known
// without a join. The number of feature rows must not be a multiple of 7919.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "feast_batch/point_in_time/as_of_join.h"

int main(int argc, char** argv) {
  const uint64_t entities = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const uint64_t features = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  const uint32_t keys = 10'000;
  std::vector<uint32_t> key_of(entities);
  std::vector<int64_t> times(entities);
  uint64_t expected = 0;
  for (uint64_t e = 0; e < entities; ++e) {
    const uint64_t draw = (e * 0x9E3779B97F4A7C15ULL) >> 20;
    key_of[e] = static_cast<uint32_t>(draw % keys);
    times[e] = static_cast<int64_t>(keys + (draw / keys) % (features > keys ? features - keys : 1));
    // The last row at or before the time that has the key.
    const uint64_t time = static_cast<uint64_t>(times[e]);
    expected += time - (time + keys - key_of[e]) % keys;
  }
  // Feature rows arrive in no order, a batch at a time.
  std::vector<uint32_t> feature_keys(features);
  std::vector<int64_t> feature_times(features);
  for (uint64_t i = 0; i < features; ++i) {
    const uint64_t r = i * 7919 % features;
    feature_keys[i] = static_cast<uint32_t>(r % keys);
    feature_times[i] = static_cast<int64_t>(r);
  }
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  const feast::AskedTimes asked(key_of, times, keys);
  std::vector<feast::AsOfOffers> offers(1, feast::AsOfOffers(asked, {}));
  constexpr size_t kBatch = 65'536;
  for (size_t first = 0; first < features; first += kBatch) {
    const size_t count = std::min<size_t>(kBatch, features - first);
    offers[0].Add({&feature_keys[first], count}, {&feature_times[first], count}, {}, first);
  }
  uint64_t sum = 0;
  for (const uint64_t row : feast::AsOfWinners(offers).Rows(asked, 0)) {
    sum += static_cast<uint64_t>(feature_times[row]);
  }
  const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf(
      "{\"bench\": \"pit_join_kernel\", \"entity_rows\": %zu, \"feature_rows\": %zu, "
      "\"seconds\": %.3f, \"cpu_seconds\": %.3f, \"cpu_ns_per_row\": %.1f, \"checksum_ok\": %s}\n",
      size_t{entities}, size_t{features}, took.count(), used, used * 1e9 / double(features),
      sum == expected ? "true" : "false");
  return sum == expected ? 0 : 1;
}
