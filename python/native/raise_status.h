#pragma once
#include "feast/base/result.h"

namespace feast::native {

/// Throws the Python exception that a failed status stands for: the class that FactsOf(kind) names,
/// with the status's message; RuntimeError if there is no such class. Needs the GIL.
void RaiseIfError(const Status& status);

/// The value of a result, or its exception. Needs the GIL.
template <typename T>
T ValueOrRaise(Result<T> result) {
  RaiseIfError(result.status());
  return *std::move(result);
}

}  // namespace feast::native
