// The JSON answer of 100 entities x 50 features (10 of a view, as upstream's workload has them)
// through each coding and level: CPU time, and the ratio of sizes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "feast/compression/coding.h"

namespace feast {
namespace {

std::string Answer(int rows, int features) {
  std::string out = "{\"results\":[";
  uint64_t state = 1;
  for (int column = 0; column <= features; ++column) {
    out += "{\"values\":[";
    for (int row = 0; row < rows; ++row) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      out += std::to_string(1 + (state >> 33) % 9999) + ",";
    }
    out.back() = ']';
    out += ",\"statuses\":[";
    for (int row = 0; row < rows; ++row) out += "\"PRESENT\",";
    out.back() = ']';
    out += ",\"event_timestamps\":[";
    for (int row = 0; row < rows; ++row) out += "\"2025-01-01T00:00:00.123456Z\",";
    out.back() = ']';
    out += "},";
  }
  out.back() = ']';
  return out + ",\"metadata\":{\"feature_names\":[]}}";
}

using PackFunction = Result<std::string> (*)(std::string_view, int);
using UnpackFunction = Result<std::string> (*)(std::string_view, size_t);

void Pack(benchmark::State& state, PackFunction pack, UnpackFunction unpack) {
  const std::string answer = Answer(static_cast<int>(state.range(0)), 50);
  const int level = static_cast<int>(state.range(1));
  const auto checked = pack(answer, level);
  const auto back = checked.ok() ? unpack(*checked, answer.size()) : checked;
  if (!back.ok() || *back != answer) return state.SkipWithError("does not give back the answer");
  for (auto step : state) {
    const auto packed = pack(answer, level);
    benchmark::DoNotOptimize(packed.ok());
  }
  state.counters["bytes"] = static_cast<double>(answer.size());
  state.counters["ratio"] =
      static_cast<double>(answer.size()) / static_cast<double>(checked->size());
}

BENCHMARK_CAPTURE(Pack, gzip, CompressGzip, DecompressGzip)
    ->ArgsProduct({{1, 100}, {1, 2, 3, 6}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Pack, zstd, CompressZstd, DecompressZstd)
    ->ArgsProduct({{1, 100}, {-5, -1, 1, 3, 6}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace feast

BENCHMARK_MAIN();
