#pragma once
/// Arrow's failures as ours. Only for files that already include Arrow C++.
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/util/io_util.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "feast/base/file_error.h"
#include "feast/base/result.h"

namespace feast {

/// Carries our code and kind on an arrow::Status through Arrow's own code. Immutable.
class CodeAndKind final : public arrow::StatusDetail {
 public:
  CodeAndKind(StatusCode code, ErrorKind kind) : code_(code), kind_(kind) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return std::string(StatusCodeName(code_)); }
  /// Null if that status carries none.
  static const CodeAndKind* Of(const arrow::Status& status) {
    const auto& detail = status.detail();
    if (!detail || std::string_view(detail->type_id()) != kTypeId) return nullptr;
    return static_cast<const CodeAndKind*>(detail.get());
  }
  Status WithMessage(std::string message) const { return {code_, std::move(message), kind_}; }

 private:
  static constexpr const char* kTypeId = "feast::CodeAndKind";
  const StatusCode code_;
  const ErrorKind kind_;
};

/// A failure that came by ToArrow is what it was.
inline Status FromArrow(const arrow::Status& status) {
  if (status.ok()) return Status::OK();
  const std::string& message = status.message();
  if (const auto* ours = CodeAndKind::Of(status)) return ours->WithMessage(message);
  if (status.IsOutOfMemory() || status.IsCapacityError()) return Status::ResourceExhausted(message);
  if (status.IsCancelled()) return Status::Cancelled(message);
  if (status.IsNotImplemented()) return Status::Unimplemented(message);
  if (status.IsTypeError()) return Status::InvalidArgument(message, ErrorKind::kTypeError);
  if (status.IsIOError()) {
    return FileFailure(message, arrow::internal::ErrnoFromStatus(status));
  }
  return Status::InvalidArgument(message);
}

/// For Arrow interfaces that we implement.
inline arrow::Status ToArrow(const Status& status) {
  if (status.ok()) return arrow::Status::OK();
  const auto code = status.code() == StatusCode::kCancelled         ? arrow::StatusCode::Cancelled
                    : status.code() == StatusCode::kInvalidArgument ? arrow::StatusCode::Invalid
                                                                    : arrow::StatusCode::IOError;
  return {code, status.message(), std::make_shared<CodeAndKind>(status.code(), status.kind())};
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
