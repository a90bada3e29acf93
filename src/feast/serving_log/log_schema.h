#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/references/resolve.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

inline constexpr std::string_view kLogTimestamp = "__log_timestamp";
inline constexpr std::string_view kLogDate = "__log_date";
inline constexpr std::string_view kRequestId = "__request_id";

/// One value of a logged answer. A feature has three columns in the log: its value, `…__timestamp`
/// (of the event, whole seconds) and `…__status` (numbers of feast.serving.FieldStatus).
struct LogColumn {
  enum class Kind { kJoinKey, kRequestData, kFeature };
  Kind kind = Kind::kFeature;
  std::string name;     ///< in the log; of a feature `view__feature`
  std::string feature;  ///< of a feature: its name
  std::string view;     ///< of a feature: alias or name of its view, with `@vN` when pinned
  ValueType type = ValueType::kInvalid;
};

/// The columns of a feature service's log but the last three, which are kLogTimestamp, kLogDate
/// and kRequestId: view by view the join keys (or request data) that are new, then the features.
/// Errors are Resolve's.
Result<std::vector<LogColumn>> LogColumnsOf(const RegistrySnapshot& snapshot,
                                            const ResolveOptions& options,
                                            const core::FeatureService& service);

}  // namespace feast
