#include "owning_process.h"

#include <string>

#include "raise_status.h"

namespace feast::native {

void OwningProcess::Check() const {
  if (getpid() == process_) return;
  RaiseIfError(Status::FailedPrecondition(
      "this FeatureStore was opened in process " + std::to_string(process_) +
      " and cannot be used in process " + std::to_string(getpid()) +
      " that was forked from it; open a new one there"));
}

}  // namespace feast::native
