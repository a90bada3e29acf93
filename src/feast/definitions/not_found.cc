#include "feast/definitions/not_found.h"

#include <array>
#include <string>

namespace feast {
namespace {

constexpr std::array kFacts = {
    ObjectKindFacts{ObjectKind::kProject, "project", "Project", ErrorKind::kProjectObjectNotFound},
    ObjectKindFacts{ObjectKind::kEntity, "entity", "Entity", ErrorKind::kEntityNotFound},
    ObjectKindFacts{ObjectKind::kDataSource, "data source", "Data source",
                    ErrorKind::kDataSourceObjectNotFound},
    ObjectKindFacts{ObjectKind::kFeatureView, "feature view", "Feature view",
                    ErrorKind::kFeatureViewNotFound},
    ObjectKindFacts{ObjectKind::kStreamFeatureView, "stream feature view", "Feature view",
                    ErrorKind::kFeatureViewNotFound},
    ObjectKindFacts{ObjectKind::kOnDemandFeatureView, "on demand feature view",
                    "On demand feature view", ErrorKind::kOnDemandFeatureViewNotFound},
    ObjectKindFacts{ObjectKind::kLabelView, "label view", "Feature view",
                    ErrorKind::kFeatureViewNotFound},
    ObjectKindFacts{ObjectKind::kFeatureService, "feature service", "Feature service",
                    ErrorKind::kFeatureServiceNotFound},
    ObjectKindFacts{ObjectKind::kSavedDataset, "saved dataset", "Saved dataset",
                    ErrorKind::kSavedDatasetNotFound},
    ObjectKindFacts{ObjectKind::kValidationReference, "validation reference",
                    "Validation reference", ErrorKind::kValidationReferenceNotFound},
    ObjectKindFacts{ObjectKind::kPermission, "permission", "Permission",
                    ErrorKind::kPermissionObjectNotFound},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < kFacts.size(); ++i) {
    if (static_cast<size_t>(kFacts[i].kind) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "FactsOf indexes the table by kind");

std::string DoesNotExist(std::string what, std::string_view project) {
  what += " does not exist";
  if (!project.empty()) what.append(" in project ").append(project);
  return what;
}

}  // namespace

const ObjectKindFacts& FactsOf(ObjectKind kind) { return kFacts[static_cast<size_t>(kind)]; }

Status ObjectNotFound(ObjectKind kind, std::string_view name, std::string_view project) {
  const ObjectKindFacts& facts = FactsOf(kind);
  std::string what(facts.not_found);
  what.append(" ").append(name);
  if (kind == ObjectKind::kProject) project = {};
  return Status::NotFound(DoesNotExist(std::move(what), project), facts.error);
}

Status ViewVersionNotFound(std::string_view name, int version, std::string_view project) {
  std::string what = "Version v" + std::to_string(version) + " of feature view ";
  what.append(name);
  return Status::NotFound(DoesNotExist(std::move(what), project),
                          ErrorKind::kFeatureViewVersionNotFound);
}

}  // namespace feast
