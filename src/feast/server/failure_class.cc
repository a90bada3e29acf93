#include "feast/server/failure_class.h"

namespace feast {

FailureClass ClassOf(ErrorKind kind) {
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
      return FailureClass::kNotFound;
    case ErrorKind::kPushSourceNotFound:
      return FailureClass::kUnprocessable;
    case ErrorKind::kFeastPermissionError:
      return FailureClass::kForbidden;
    case ErrorKind::kFeatureNameCollision:
    case ErrorKind::kFeatureViewPinConflict:
    case ErrorKind::kVersionedOnlineReadNotSupported:
    case ErrorKind::kSpecifiedFeaturesNotPresent:
      return FailureClass::kMistake;
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
      return FailureClass::kOurs;
    case ErrorKind::kNone:
    case ErrorKind::kValueError:
    case ErrorKind::kKeyError:
    case ErrorKind::kTypeError:
      return FailureClass::kByCode;
  }
  return FailureClass::kOurs;
}

}  // namespace feast
