#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/definitions/view_facts.h"
#include "feast/registry/registry_snapshot.h"
#include "feast/retrieval/online_retriever.h"

namespace feast {

/// One view to read, under one name and version.
struct ResolvedView {
  std::string label;  ///< alias or name, with `@vN` when pinned: the prefix of full names
  std::shared_ptr<const ViewFacts> facts;
  std::optional<int> version;
  std::map<std::string, std::string> join_key_map;  ///< the view's join key → the request's column
  std::vector<FieldFacts> features;                 ///< in request order
  std::vector<bool> requested;                      ///< false: only an on-demand view needs it
};

/// One on-demand view to run; `view` lives in the snapshot it was resolved from, or is `pinned`.
struct ResolvedTransform {
  std::string label;
  const core::OnDemandFeatureView* view = nullptr;
  std::shared_ptr<const core::OnDemandFeatureView> pinned;  ///< an old version
  std::vector<FieldFacts> outputs;                          ///< requested ones, in request order
  std::set<std::string> inputs;                             ///< labels of the views that it may see
};

struct Resolved {
  std::vector<ResolvedView> views;  ///< in order of first appearance
  std::vector<ResolvedTransform> transforms;
  std::vector<FieldFacts> request_data;
  std::vector<Resource> resources;  ///< what the caller must be allowed to read
};

/// Turns references or a service into views, features and on-demand views (storage.md §7.1, §7.3).
/// Errors carry upstream's texts.
Result<Resolved> Resolve(const RegistrySnapshot& snapshot, const RetrievalOptions& options,
                         std::string_view store_type, const OnlineRequest& request);

}  // namespace feast
