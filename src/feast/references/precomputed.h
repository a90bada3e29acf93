#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "feast/base/result.h"
#include "feast/references/resolve.h"

namespace feast {

/// A feature service with `precompute_online`: all of its values for an entity are stored as one
/// vector.
struct PrecomputedService {
  std::string name;
  std::vector<FieldFacts> join_keys;  ///< of all its views
  std::vector<ResolvedView> views;

  /// The features of each view, by label: what a vector's names are made of.
  std::vector<std::pair<std::string, std::vector<std::string>>> Features() const;
};

/// What is stored of the service that `resolved` was made from. None when nothing is: the flag is
/// off, code runs at read time, or its views do not share one entity key.
std::optional<PrecomputedService> PrecomputedOf(const RegistrySnapshot& snapshot,
                                                const std::string& project,
                                                const std::string& service,
                                                const Resolved& resolved);

/// Every service of the project of which vectors are stored. A service that cannot be resolved is
/// passed over: reading it says why.
std::vector<PrecomputedService> PrecomputedServices(const RegistrySnapshot& snapshot,
                                                    const ResolveOptions& options);

}  // namespace feast
