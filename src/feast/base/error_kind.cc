#include "feast/base/error_kind.h"

#include <array>

namespace feast {
namespace {

constexpr std::string_view kErrors = "feast.errors";
constexpr std::string_view kBuiltins = "builtins";

constexpr std::array kFacts = {
    ErrorKindFacts{ErrorKind::kNone, kBuiltins, "RuntimeError", false},
    ErrorKindFacts{ErrorKind::kValueError, kBuiltins, "ValueError", false},
    ErrorKindFacts{ErrorKind::kKeyError, kBuiltins, "KeyError", false},
    ErrorKindFacts{ErrorKind::kTypeError, kBuiltins, "TypeError", false},
    ErrorKindFacts{ErrorKind::kFileNotFound, kBuiltins, "FileNotFoundError", false},
    ErrorKindFacts{ErrorKind::kPermissionError, kBuiltins, "PermissionError", false},
    ErrorKindFacts{ErrorKind::kOsError, kBuiltins, "OSError", false},
    ErrorKindFacts{ErrorKind::kEntityNotFound, kErrors, "EntityNotFoundException", true},
    ErrorKindFacts{ErrorKind::kFeatureServiceNotFound, kErrors, "FeatureServiceNotFoundException",
                   true},
    ErrorKindFacts{ErrorKind::kFeatureViewNotFound, kErrors, "FeatureViewNotFoundException", true},
    ErrorKindFacts{ErrorKind::kFeatureViewVersionNotFound, kErrors, "FeatureViewVersionNotFound",
                   true},
    ErrorKindFacts{ErrorKind::kOnDemandFeatureViewNotFound, kErrors,
                   "OnDemandFeatureViewNotFoundException", true},
    ErrorKindFacts{ErrorKind::kRequestDataNotFoundInEntityDf, kErrors,
                   "RequestDataNotFoundInEntityDfException", true},
    ErrorKindFacts{ErrorKind::kRequestDataNotFoundInEntityRows, kErrors,
                   "RequestDataNotFoundInEntityRowsException", true},
    ErrorKindFacts{ErrorKind::kDataSourceObjectNotFound, kErrors,
                   "DataSourceObjectNotFoundException", true},
    ErrorKindFacts{ErrorKind::kDataSourceNotFound, kErrors, "DataSourceNotFoundException", true},
    ErrorKindFacts{ErrorKind::kSavedDatasetNotFound, kErrors, "SavedDatasetNotFound", true},
    ErrorKindFacts{ErrorKind::kValidationReferenceNotFound, kErrors, "ValidationReferenceNotFound",
                   true},
    ErrorKindFacts{ErrorKind::kPermissionObjectNotFound, kErrors,
                   "PermissionObjectNotFoundException", true},
    ErrorKindFacts{ErrorKind::kProjectObjectNotFound, kErrors, "ProjectObjectNotFoundException",
                   true},
    ErrorKindFacts{ErrorKind::kFeastObjectNotFound, kErrors, "FeastObjectNotFoundException", true},
    ErrorKindFacts{ErrorKind::kPushSourceNotFound, kErrors, "PushSourceNotFoundException", true},
    ErrorKindFacts{ErrorKind::kFeastPermissionError, kErrors, "FeastPermissionError", true},
    ErrorKindFacts{ErrorKind::kConflictingFeatureViewNames, kErrors, "ConflictingFeatureViewNames",
                   true},
    ErrorKindFacts{ErrorKind::kFeatureNameCollision, kErrors, "FeatureNameCollisionError", true},
    ErrorKindFacts{ErrorKind::kFeatureViewPinConflict, kErrors, "FeatureViewPinConflict", true},
    ErrorKindFacts{ErrorKind::kVersionedOnlineReadNotSupported, kErrors,
                   "VersionedOnlineReadNotSupported", true},
    ErrorKindFacts{ErrorKind::kRegistryInferenceFailure, kErrors, "RegistryInferenceFailure", true},
    ErrorKindFacts{ErrorKind::kJoinKeysDuringMaterialization, kErrors,
                   "FeastJoinKeysDuringMaterialization", true},
    ErrorKindFacts{ErrorKind::kEntityTimestampInference, kErrors,
                   "EntityTimestampInferenceException", true},
    ErrorKindFacts{ErrorKind::kFeastConfigError, "feast.repo_config", "FeastConfigError", false},
    ErrorKindFacts{ErrorKind::kFeastRegistryNotSet, kErrors, "FeastRegistryNotSetError", true},
    ErrorKindFacts{ErrorKind::kFeastProviderNotSet, kErrors, "FeastProviderNotSetError", true},
    ErrorKindFacts{ErrorKind::kFeastOnlineStoreInvalidName, kErrors, "FeastOnlineStoreInvalidName",
                   true},
    ErrorKindFacts{ErrorKind::kFeastOfflineStoreInvalidName, kErrors,
                   "FeastOfflineStoreInvalidName", true},
    ErrorKindFacts{ErrorKind::kSpecifiedFeaturesNotPresent, kErrors,
                   "SpecifiedFeaturesNotPresentError", true},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < kFacts.size(); ++i) {
    if (static_cast<size_t>(kFacts[i].kind) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "FactsOf indexes the table by kind");

}  // namespace

const ErrorKindFacts& FactsOf(ErrorKind kind) { return kFacts[static_cast<size_t>(kind)]; }

}  // namespace feast
