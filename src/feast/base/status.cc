#include "feast/base/status.h"

#include <array>

namespace feast {

struct Status::State {
  StatusCode code;
  ErrorKind kind;
  std::string message;
};

std::string_view StatusCodeName(StatusCode code) {
  static constexpr std::array<std::string_view, 17> kNames = {"OK",
                                                              "CANCELLED",
                                                              "UNKNOWN",
                                                              "INVALID_ARGUMENT",
                                                              "DEADLINE_EXCEEDED",
                                                              "NOT_FOUND",
                                                              "ALREADY_EXISTS",
                                                              "PERMISSION_DENIED",
                                                              "RESOURCE_EXHAUSTED",
                                                              "FAILED_PRECONDITION",
                                                              "ABORTED",
                                                              "OUT_OF_RANGE",
                                                              "UNIMPLEMENTED",
                                                              "INTERNAL",
                                                              "UNAVAILABLE",
                                                              "DATA_LOSS",
                                                              "UNAUTHENTICATED"};
  return kNames[static_cast<size_t>(code)];
}

Status::Status(StatusCode code, std::string message, ErrorKind kind)
    : state_(code == StatusCode::kOk
                 ? nullptr
                 : std::make_shared<const State>(State{code, kind, std::move(message)})) {}
Status::Status(const Status& other) = default;
Status& Status::operator=(const Status& other) = default;

StatusCode Status::code() const { return state_ ? state_->code : StatusCode::kOk; }
ErrorKind Status::kind() const { return state_ ? state_->kind : ErrorKind::kNone; }

const std::string& Status::message() const {
  static const std::string kEmpty;
  return state_ ? state_->message : kEmpty;
}

Status Status::Annotate(std::string_view where) const {
  if (ok()) return *this;
  return {code(), std::string(where) + ": " + message(), kind()};
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  return std::string(StatusCodeName(code())) + ": " + message();
}

Status Status::Cancelled(std::string m) { return {StatusCode::kCancelled, std::move(m)}; }
Status Status::InvalidArgument(std::string m, ErrorKind kind) {
  return {StatusCode::kInvalidArgument, std::move(m), kind};
}
Status Status::NotFound(std::string m, ErrorKind kind) {
  return {StatusCode::kNotFound, std::move(m), kind};
}
Status Status::AlreadyExists(std::string m, ErrorKind kind) {
  return {StatusCode::kAlreadyExists, std::move(m), kind};
}
Status Status::FailedPrecondition(std::string m, ErrorKind kind) {
  return {StatusCode::kFailedPrecondition, std::move(m), kind};
}
Status Status::Unimplemented(std::string m) { return {StatusCode::kUnimplemented, std::move(m)}; }
Status Status::Internal(std::string m) { return {StatusCode::kInternal, std::move(m)}; }
Status Status::Unavailable(std::string m) { return {StatusCode::kUnavailable, std::move(m)}; }
Status Status::DataLoss(std::string m) { return {StatusCode::kDataLoss, std::move(m)}; }
Status Status::ResourceExhausted(std::string m) {
  return {StatusCode::kResourceExhausted, std::move(m)};
}
Status Status::DeadlineExceeded(std::string m) {
  return {StatusCode::kDeadlineExceeded, std::move(m)};
}

}  // namespace feast
