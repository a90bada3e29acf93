#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "feast/transform/transformer.h"

namespace feast {

/// How Python workers are started and held to their limits.
struct TransformOptions {
  std::string python;            ///< the interpreter
  std::string python_path = {};  ///< put before PYTHONPATH: the folder that holds package feast
  std::filesystem::path repo_path = {};  ///< definition files are looked for here; may be empty
  bool allow_pickled = false;            ///< whether a worker may load a view's pickled function
  int workers = 2;                       ///< at most so many processes
  int timeout_ms = 10'000;               ///< for one run, once the worker is ready
  int start_timeout_ms = 60'000;         ///< for imports and the definition files
  uint64_t memory_limit_bytes = 2ull
                                << 30;  ///< address space beyond what a ready worker has; 0: none
};

/// A transformer that runs views in a pool of Python processes (README.md has the messages).
///
/// Processes start when first needed and end with this object, or when this process ends. One run
/// keeps one worker. A run over its time limit kills the worker: DeadlineExceeded. A worker that
/// dies is replaced and the run tried once more, then Unavailable. Out of memory, or no free worker
/// within the time limit: ResourceExhausted. What the function raised: FailedPrecondition with its
/// text. Aggregations: Unimplemented. Cost: the inputs and the outputs are copied twice each.
std::unique_ptr<Transformer> MakePythonTransformer(TransformOptions options);

}  // namespace feast
