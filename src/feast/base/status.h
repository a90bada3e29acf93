#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "feast/base/error_kind.h"

namespace feast {

/// gRPC's canonical codes; the numbers are gRPC's.
enum class StatusCode {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The name of a code in gRPC's spelling, e.g. "NOT_FOUND".
std::string_view StatusCodeName(StatusCode code);

/// Success, or a code, a kind (the exception class that clients of Feast rebuild) and a message.
///
/// Immutable but for assignment, thread-compatible. One pointer, null when OK. The message says
/// what was wrong, names the offending thing, and what to do about it.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message, ErrorKind kind = ErrorKind::kNone);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  static Status OK() { return {}; }
  static Status Cancelled(std::string message);
  static Status InvalidArgument(std::string message, ErrorKind kind = ErrorKind::kValueError);
  static Status NotFound(std::string message, ErrorKind kind = ErrorKind::kNone);
  static Status AlreadyExists(std::string message, ErrorKind kind = ErrorKind::kNone);
  static Status FailedPrecondition(std::string message, ErrorKind kind = ErrorKind::kNone);
  static Status Unimplemented(std::string message);
  static Status Internal(std::string message);
  static Status Unavailable(std::string message);
  static Status DataLoss(std::string message);
  static Status ResourceExhausted(std::string message);
  static Status DeadlineExceeded(std::string message);

  bool ok() const { return state_ == nullptr; }
  StatusCode code() const;
  ErrorKind kind() const;
  /// Empty when OK.
  const std::string& message() const;
  /// The same failure with `where` and ": " before the message; OK stays OK.
  Status Annotate(std::string_view where) const;
  /// "NOT_FOUND: message", or "OK".
  std::string ToString() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace feast

#define FEAST_CONCAT_INNER(a, b) a##b
#define FEAST_CONCAT(a, b) FEAST_CONCAT_INNER(a, b)

/// Returns from the enclosing function when the expression is not OK.
#define FEAST_RETURN_IF_ERROR(expression)          \
  do {                                             \
    ::feast::Status feast_status_ = (expression);  \
    if (!feast_status_.ok()) return feast_status_; \
  } while (0)
