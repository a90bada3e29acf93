#pragma once
#include <string_view>

namespace feast {

/// The exception class that upstream raises for a failure: clients rebuild it by module and name.
enum class ErrorKind {
  kNone,        ///< a plain failure: RuntimeError in Python
  kValueError,  ///< Python's ValueError
  kKeyError,    ///< Python's KeyError
  kTypeError,   ///< Python's TypeError
  kFileNotFound,
  kPermissionError,  ///< Python's PermissionError: the system refuses access to a file
  kOsError,          ///< Python's OSError: any other failure of file input or output
  kEntityNotFound,
  kFeatureServiceNotFound,
  kFeatureViewNotFound,
  kFeatureViewVersionNotFound,
  kOnDemandFeatureViewNotFound,
  kRequestDataNotFoundInEntityDf,
  kRequestDataNotFoundInEntityRows,
  kDataSourceObjectNotFound,
  kDataSourceNotFound,
  kSavedDatasetNotFound,
  kValidationReferenceNotFound,
  kPermissionObjectNotFound,
  kProjectObjectNotFound,
  kFeastObjectNotFound,
  kPushSourceNotFound,
  kFeastPermissionError,
  kConflictingFeatureViewNames,
  kFeatureNameCollision,
  kFeatureViewPinConflict,
  kVersionedOnlineReadNotSupported,
  kRegistryInferenceFailure,
  kJoinKeysDuringMaterialization,
  kEntityTimestampInference,
  kFeastConfigError,
  kFeastRegistryNotSet,
  kFeastProviderNotSet,
  kFeastOnlineStoreInvalidName,
  kFeastOfflineStoreInvalidName,
  kSpecifiedFeaturesNotPresent,
};

/// Python module and class of a kind, and what servers answer with it.
struct ErrorKindFacts {
  ErrorKind kind;
  std::string_view module;      ///< "feast.errors", "builtins"
  std::string_view class_name;  ///< e.g. "EntityNotFoundException"
  bool is_feast_error;          ///< a FeastError upstream: travels as an error detail
};

/// The one table of kinds; total.
const ErrorKindFacts& FactsOf(ErrorKind kind);

}  // namespace feast
