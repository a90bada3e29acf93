#pragma once
#include <string>

#include "feast/base/result.h"

namespace feast {

/// Opens a shared library beside this one, which is never closed, and finds the `extern "C"`
/// function `entry` in it. `what` begins the message: "batch work needs …/libfeast_batch.so, …".
/// Unavailable, naming the file, if it is missing or has no such function.
Result<void*> OpenSharedModule(const std::string& file, const char* entry, const std::string& what);

/// What to say when the module answers that it is from another build.
Status OtherBuild(const std::string& file);

}  // namespace feast
