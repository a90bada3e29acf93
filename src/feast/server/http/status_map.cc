#include "feast/server/http/status_map.h"

#include "feast/codec/error_detail.h"
#include "feast/codec/value_json.h"

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
  switch (kind) {
    case ErrorKind::kEntityNotFound:
    case ErrorKind::kFeatureServiceNotFound:
    case ErrorKind::kFeatureViewNotFound:
    case ErrorKind::kFeatureViewVersionNotFound:
    case ErrorKind::kOnDemandFeatureViewNotFound:
    case ErrorKind::kRequestDataNotFoundInEntityDf:
    case ErrorKind::kRequestDataNotFoundInEntityRows:
    case ErrorKind::kDataSourceObjectNotFound:
    case ErrorKind::kSavedDatasetNotFound:
    case ErrorKind::kValidationReferenceNotFound:
    case ErrorKind::kPermissionObjectNotFound:
    case ErrorKind::kProjectObjectNotFound:
    case ErrorKind::kFeastObjectNotFound:
      return 404;
    case ErrorKind::kPushSourceNotFound:
      return 422;
    case ErrorKind::kFeastPermissionError:
      return 403;
    case ErrorKind::kFeatureNameCollision:
    case ErrorKind::kFeatureViewPinConflict:
    case ErrorKind::kVersionedOnlineReadNotSupported:
    case ErrorKind::kSpecifiedFeaturesNotPresent:
      return 400;
    case ErrorKind::kFileNotFound:
    case ErrorKind::kPermissionError:
    case ErrorKind::kOsError:
    case ErrorKind::kDataSourceNotFound:
    case ErrorKind::kConflictingFeatureViewNames:
    case ErrorKind::kRegistryInferenceFailure:
    case ErrorKind::kJoinKeysDuringMaterialization:
    case ErrorKind::kEntityTimestampInference:
    case ErrorKind::kFeastConfigError:
    case ErrorKind::kFeastRegistryNotSet:
    case ErrorKind::kFeastProviderNotSet:
    case ErrorKind::kFeastOnlineStoreInvalidName:
    case ErrorKind::kFeastOfflineStoreInvalidName:
      return 500;
    case ErrorKind::kNone:
    case ErrorKind::kValueError:
    case ErrorKind::kKeyError:
    case ErrorKind::kTypeError:
      return StatusOfCode(code);
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
