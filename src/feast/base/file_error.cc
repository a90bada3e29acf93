#include "feast/base/file_error.h"

#include <cerrno>
#include <system_error>

namespace feast {

Status FileFailure(std::string message, int error_number) {
  switch (error_number) {
    case ENOENT:
      return {StatusCode::kNotFound, std::move(message), ErrorKind::kFileNotFound};
    case EACCES:
    case EPERM:
      return {StatusCode::kFailedPrecondition, std::move(message), ErrorKind::kPermissionError};
    case EROFS:
      return {StatusCode::kFailedPrecondition, std::move(message), ErrorKind::kOsError};
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {StatusCode::kResourceExhausted, std::move(message), ErrorKind::kOsError};
    default:
      return {StatusCode::kUnavailable, std::move(message), ErrorKind::kOsError};
  }
}

Status FileError(std::string_view verb, const std::string& path, int error_number) {
  std::string message = "Cannot " + std::string(verb) + " " + path + ": " +
                        std::generic_category().message(error_number);
  Status failure = FileFailure({}, error_number);
  if (failure.code() == StatusCode::kResourceExhausted) {
    message += ". Free space there and repeat; the file is as it was.";
  } else if (failure.code() == StatusCode::kFailedPrecondition) {
    message += ". Make the file and its folder accessible to this user.";
  }
  return {failure.code(), std::move(message), failure.kind()};
}

}  // namespace feast
