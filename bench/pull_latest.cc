// The read side of a materialization alone: the newest row of each entity from Parquet, as Arrow
// batches that are added up and thrown away. pull_latest FOLDER WIDTH: of the benchmark
// `pull_latest`, with its source_0.parquet and that many features. Prints one JSON line.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "materialize_rows.h"

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace {

// int64, float64 and timestamps alike: 8 bytes a value, no nulls.
template <typename Value>
const Value* Values(const ArrowArray& rows, int64_t column) {
  const ArrowArray& array = *rows.children[column];
  if (array.null_count != 0 || array.n_buffers != 2) std::exit(1);
  return static_cast<const Value*>(array.buffers[1]) + array.offset;
}

struct Sum {
  int64_t rows = 0;
  uint64_t checksum = 0;

  void Add(const ArrowArray& batch, int width) {
    const auto* entity = Values<int64_t>(batch, 0);
    const auto* time = Values<int64_t>(batch, width + 1);
    rows += batch.length;
    for (int64_t row = 0; row < batch.length; ++row) {
      checksum += static_cast<uint64_t>(entity[row] + time[row] % 1'000'003);
    }
    for (int f = 0; f < width; ++f) {
      const auto* whole = Values<int64_t>(batch, f + 1);
      const auto* fraction = Values<double>(batch, f + 1);
      for (int64_t row = 0; row < batch.length; ++row) {
        const auto four = f % 2 ? static_cast<int64_t>(fraction[row] * 4) : whole[row] * 4;
        checksum += static_cast<uint64_t>(four) * (f + 1);
      }
    }
  }
};

feast::Result<Sum> Pull(const std::string& folder, int width) {
  FEAST_ASSIGN_OR_RETURN(auto* const module, feast::OpenBatchModule());
  FEAST_ASSIGN_OR_RETURN(const auto store,
                         module->OpenOfflineStore("file", feast::Setting{}, {folder, "", nullptr}));
  feast::PullPlan plan;
  plan.latest_only = true;
  plan.read.source.mutable_file_options()->set_uri("source_0.parquet");
  plan.read.timestamp_column = "event_timestamp";
  plan.read.join_keys = {"entity"};
  for (int f = 0; f < width; ++f) plan.read.features.push_back("v0_f" + std::to_string(f));
  FEAST_ASSIGN_OR_RETURN(auto stream, store->Pull(feast::CallContext(), plan));
  ArrowArrayStream rows = stream.Take();
  Sum sum;
  while (true) {
    ArrowArray batch{};
    if (rows.get_next(&rows, &batch) != 0) {
      return feast::Status::Internal(rows.get_last_error(&rows));
    }
    if (!batch.release) break;
    sum.Add(batch, width);
    batch.release(&batch);
  }
  rows.release(&rows);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto start = std::chrono::steady_clock::now();
  const auto sum = Pull(argv[1], std::atoi(argv[2]));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (!sum.ok()) {
    std::fprintf(stderr, "%s\n", sum.status().message().c_str());
    return 1;
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf(
      R"({"seconds": %.3f, "cpu_seconds": %.3f, "peak_mib": %.1f, "rows": %ld, "checksum": %lu})"
      "\n",
      seconds.count(), CpuSeconds(), static_cast<double>(used.ru_maxrss) / 1024, sum->rows,
      static_cast<unsigned long>(sum->checksum % (uint64_t{1} << 61)));
  return 0;
}
