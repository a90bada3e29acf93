#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feast/auth/authorize.h"
#include "feast/base/result.h"
#include "feast/definitions/view_facts.h"
#include "feast/registry/registry_snapshot.h"

namespace feast {

/// Feature references, or the service that names them.
struct FeatureSelection {
  std::vector<std::string> features;
  std::string feature_service;  ///< wins over `features` when not empty
  bool full_feature_names = false;
};

/// Settings of the repository that the meaning of references depends on.
struct ResolveOptions {
  std::string project;
  bool versioning = false;            ///< registry.enable_online_feature_view_versioning
  bool compute_stored_views = false;  ///< on-demand views that are stored are run, not read
};

/// One view to read, under one name and version.
struct ResolvedView {
  std::string label;  ///< alias or name, with `@vN` when pinned: the prefix of full names
  std::shared_ptr<const ViewFacts> facts;
  std::optional<int> version;
  std::map<std::string, std::string> join_key_map;  ///< the view's join key → the request's column
  std::vector<FieldFacts> features;                 ///< in request order
  std::vector<bool> requested;                      ///< false: only an on-demand view needs it
};

/// One on-demand view to run, at the version that was asked for.
struct ResolvedTransform {
  std::string label;
  std::shared_ptr<const core::OnDemandFeatureView> view;
  std::vector<FieldFacts> outputs;  ///< requested ones, in request order
  std::set<std::string> inputs;     ///< labels of the views that it may see
};

/// What a selection means in one registry generation. Points into nothing.
struct Resolved {
  std::vector<ResolvedView> views;  ///< in order of first appearance
  std::vector<ResolvedTransform> transforms;
  std::vector<FieldFacts> request_data;
  std::vector<Resource> resources;  ///< what the caller must be allowed to read
};

/// Turns references or a service into views, features and on-demand views (storage.md §7.1, §7.3).
/// Errors carry upstream's texts. Pure.
Result<Resolved> Resolve(const RegistrySnapshot& snapshot, const ResolveOptions& options,
                         const FeatureSelection& selection);

}  // namespace feast
