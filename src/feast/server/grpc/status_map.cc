#include "feast/server/grpc/status_map.h"

#include "feast/codec/error_detail.h"
#include "feast/server/failure_class.h"

namespace feast {
namespace {

// Clients refuse trailers of more than 8 KB, and bytes that are not ASCII travel as three.
constexpr size_t kMaxMessage = 2000;

Status Shortened(const Status& status) {
  if (status.message().size() <= kMaxMessage) return status;
  size_t end = kMaxMessage;
  while (end > 0 && (status.message()[end] & 0xC0) == 0x80) --end;  // not inside a character
  return {status.code(), status.message().substr(0, end) + "…", status.kind()};
}

}  // namespace

StatusCode RpcCodeOf(StatusCode code, ErrorKind kind) {
  switch (ClassOf(kind)) {
    case FailureClass::kByCode:
      return code;
    case FailureClass::kNotFound:
      return StatusCode::kNotFound;
    case FailureClass::kForbidden:
      return StatusCode::kPermissionDenied;
    case FailureClass::kUnprocessable:
    case FailureClass::kMistake:
      return StatusCode::kInvalidArgument;
    case FailureClass::kOurs:
      return StatusCode::kInternal;
  }
  return StatusCode::kInternal;
}

RpcResponse RpcError(const Status& status, ErrorForm form) {
  const Status said = Shortened(status);
  return {RpcCodeOf(status.code(), status.kind()),
          form == ErrorForm::kDetail ? ErrorDetail(said) : said.message(),
          {}};
}

}  // namespace feast
