#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/core/Registry.pb.h"
#include "feast/definitions/not_found.h"

namespace feast {

/// The pinned number of a view's `version`: none for "" and "latest", N for `vN` and `versionN` in
/// any case. ValueError with upstream's text for anything else.
Result<std::optional<int>> ParseVersion(std::string_view version);

/// "latest", "vN", or the text itself where it is no version.
std::string NormalizeVersion(std::string_view version);

/// One more than the newest recorded version of a view; 0 if there is none.
int NextVersionNumber(const core::Registry& registry, std::string_view project,
                      std::string_view view);

/// The record of that version, or null. Valid until the history changes.
const core::FeatureViewVersionRecord* FindVersion(const core::Registry& registry,
                                                  std::string_view project, std::string_view view,
                                                  int version);

/// A view as a history record holds it.
struct VersionSnapshot {
  std::string project;
  std::string view;
  int number = 0;
  std::string view_type;  ///< "feature_view", "stream_feature_view", …
  std::string bytes;      ///< the serialized view
};
/// Appends one record to the history.
void RecordVersion(core::Registry* registry, VersionSnapshot snapshot, Micros now);

/// Drops the history of a view.
void ForgetVersions(core::Registry* registry, std::string_view project, std::string_view view);

/// Parses the view of a record. FeatureViewVersionNotFound, or DataLoss for bytes that are no view.
template <typename View>
Result<View> ViewOfVersion(const core::Registry& registry, std::string_view project,
                           std::string_view name, int version) {
  const auto* record = FindVersion(registry, project, name, version);
  if (record == nullptr) return ViewVersionNotFound(name, version, project);
  View view;
  if (!view.ParseFromString(record->feature_view_proto())) {
    return Status::DataLoss("Version v" + std::to_string(version) + " of feature view " +
                            std::string(name) + " in the registry cannot be read");
  }
  return view;
}

}  // namespace feast
