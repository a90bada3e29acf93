#include "feast/server/http/status_map.h"

#include "feast/codec/error_detail.h"
#include "feast/codec/value_json.h"
#include "feast/server/failure_class.h"

namespace feast {
namespace {

int StatusOfCode(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kCancelled:
    case StatusCode::kResourceExhausted:
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kDataLoss:
      return 500;
  }
  return 500;
}

}  // namespace

int HttpStatusOf(StatusCode code, ErrorKind kind) {
  switch (ClassOf(kind)) {
    case FailureClass::kByCode:
      return StatusOfCode(code);
    case FailureClass::kNotFound:
      return 404;
    case FailureClass::kUnprocessable:
      return 422;
    case FailureClass::kForbidden:
      return 403;
    case FailureClass::kMistake:
      return 400;
    case FailureClass::kOurs:
      return 500;
  }
  return 500;
}

HttpResponse ErrorResponse(const Status& status) {
  HttpResponse response;
  response.status = HttpStatusOf(status.code(), status.kind());
  response.content_type = "application/json";
  AppendJsonString(ErrorDetail(status), &response.body);
  return response;
}

}  // namespace feast
