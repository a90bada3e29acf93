// The as-of kernel on generated rows: pit_join_bench [entity rows] [feature rows]. Feature row r
// has key r % keys and time r; an entity row asks at a time whose answer is known without a join.
#include <chrono>
#include <cstdio>
#include <cstdlib>

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
  const auto start = std::chrono::steady_clock::now();
  feast::AsOfJoin join(key_of, times, {.key_count = keys});
  for (uint64_t r = 0; r < features; ++r) {
    join.Offer(static_cast<uint32_t>(r % keys), static_cast<int64_t>(r), feast::kNoTime, r);
  }
  uint64_t sum = 0;
  for (const uint64_t row : std::move(join).Finish()) sum += row;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf(
      "{\"bench\": \"pit_join_kernel\", \"entity_rows\": %zu, \"feature_rows\": %zu, "
      "\"seconds\": %.3f, \"rows_per_second\": %.0f, \"checksum_ok\": %s}\n",
      size_t{entities}, size_t{features}, took.count(), features / took.count(),
      sum == expected ? "true" : "false");
  return sum == expected ? 0 : 1;
}
