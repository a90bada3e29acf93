#pragma once
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/offline/offline_store.h"
#include "feast/references/resolve.h"

namespace feast {

/// What a caller of get_historical_features asks for.
struct HistoricalRequest {
  FeatureSelection select;
  bool filter_by_created_timestamp = false;
  std::optional<Micros> start;  ///< range retrieval without entity rows
  std::optional<Micros> end;
};

/// An on-demand view to run on the joined rows, and which of its outputs are wanted.
struct OnDemandStep {
  core::OnDemandFeatureView view;
  std::vector<std::string> features;        ///< output names in the view
  std::vector<std::string> output_names;    ///< names in the result, same order
  std::vector<std::string> request_fields;  ///< columns that the entity rows must have
};

/// A training join ready to run: the stores' part, then the on-demand views.
struct HistoricalJobPlan {
  HistoricalPlan join;
  std::vector<OnDemandStep> on_demand;
  std::vector<Resource> resources;  ///< what the caller must be allowed to read
};

/// Resolves references against one registry generation. `entity_columns` are the columns of the
/// entity rows with `entity_timestamp` among them; empty for range retrieval. Errors carry
/// upstream's texts (storage.md §5.1, §7.1, §7.3) and name the missing view, feature or column.
/// Pure.
Result<HistoricalJobPlan> PlanHistorical(const RegistrySnapshot& registry,
                                         const HistoricalRequest& request,
                                         const std::vector<std::string>& entity_columns,
                                         const std::string& entity_timestamp,
                                         const ResolveOptions& options);

}  // namespace feast
