#pragma once
/// Arrow's failures as ours. Only for files that already include Arrow C++.
#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

#include "feast/base/result.h"

namespace feast {

inline Status FromArrow(const arrow::Status& status) {
  if (status.ok()) return Status::OK();
  const std::string& message = status.message();
  if (status.IsOutOfMemory() || status.IsCapacityError()) return Status::ResourceExhausted(message);
  if (status.IsCancelled()) return Status::Cancelled(message);
  if (status.IsNotImplemented()) return Status::Unimplemented(message);
  if (status.IsTypeError()) return Status::InvalidArgument(message, ErrorKind::kTypeError);
  if (status.IsIOError()) return Status::Unavailable(message);
  return Status::InvalidArgument(message);
}

/// For Arrow interfaces that we implement.
inline arrow::Status ToArrow(const Status& status) {
  return status.ok() ? arrow::Status::OK() : arrow::Status::Invalid(status.message());
}

}  // namespace feast

#define FEAST_ARROW_ASSIGN_IMPL(result, lhs, expression)        \
  auto result = (expression);                                   \
  if (!result.ok()) return ::feast::FromArrow(result.status()); \
  lhs = std::move(result).MoveValueUnsafe()
#define FEAST_ARROW_ASSIGN(lhs, expression) \
  FEAST_ARROW_ASSIGN_IMPL(FEAST_CONCAT(arrow_result_, __COUNTER__), lhs, expression)
#define FEAST_ARROW_RETURN_IF_ERROR(expression) \
  FEAST_RETURN_IF_ERROR(::feast::FromArrow(expression))
