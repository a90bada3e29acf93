#include "feast/server/grpc/status_map.h"

#include "feast/codec/error_detail.h"

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
      return StatusCode::kNotFound;
    case ErrorKind::kFeastPermissionError:
      return StatusCode::kPermissionDenied;
    case ErrorKind::kPushSourceNotFound:
    case ErrorKind::kFeatureNameCollision:
    case ErrorKind::kFeatureViewPinConflict:
    case ErrorKind::kVersionedOnlineReadNotSupported:
    case ErrorKind::kSpecifiedFeaturesNotPresent:
      return StatusCode::kInvalidArgument;
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
      return StatusCode::kInternal;
    case ErrorKind::kNone:
    case ErrorKind::kValueError:
    case ErrorKind::kKeyError:
    case ErrorKind::kTypeError:
      return code;
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
