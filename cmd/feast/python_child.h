#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "feast/base/result.h"

namespace feast::cmd {

/// The folder of this executable.
std::filesystem::path ExecutableFolder();

/// Runs FEAST_PYTHON (else the interpreter of the build) with `arguments` and the package beside
/// the executable first on PYTHONPATH; waits. Returns its exit code, 128 and more for a signal.
/// Streams are inherited.
Result<int> RunPython(const std::vector<std::string>& arguments);

}  // namespace feast::cmd
