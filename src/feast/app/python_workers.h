#pragma once
#include <memory>

#include "feast/config/repo_config.h"
#include "feast/transform/transformer.h"

namespace feast {

/// Serving has limits on time and memory; training runs once, on a table of any size, without them.
enum class WorkerUse { kServing, kTraining };

/// The workers for the on-demand views of a repository; no process starts before the first run.
///
/// The interpreter is $FEAST_PYTHON, else the one of the build. Null when there is none. Package
/// feast is taken from `../python` beside this library, if it is there.
std::unique_ptr<Transformer> MakePythonWorkers(const RepoConfig& config, WorkerUse use);

}  // namespace feast
