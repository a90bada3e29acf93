#pragma once
#include <string_view>

#include "feast/base/status.h"

namespace feast {

/// What a registry holds, by name within a project.
enum class ObjectKind {
  kProject,
  kEntity,
  kDataSource,
  kFeatureView,
  kStreamFeatureView,
  kOnDemandFeatureView,
  kLabelView,
  kFeatureService,
  kSavedDataset,
  kValidationReference,
  kPermission,
};

/// A kind's name in messages ("feature view"), and its not-found error upstream.
struct ObjectKindFacts {
  ObjectKind kind;
  std::string_view label;      ///< "feature view": after a verb, as in "Created feature view"
  std::string_view not_found;  ///< "Feature view": before "N does not exist in project P"
  ErrorKind error;
};

/// The one table of object kinds; total.
const ObjectKindFacts& FactsOf(ObjectKind kind);

/// `Feature view N does not exist in project P` with upstream's exception; an empty project is left
/// out.
Status ObjectNotFound(ObjectKind kind, std::string_view name, std::string_view project);

/// `Version vK of feature view N does not exist in project P`.
Status ViewVersionNotFound(std::string_view name, int version, std::string_view project);

}  // namespace feast
