#include "feast/references/precomputed.h"

#include <algorithm>

namespace feast {
namespace {

bool SameKeys(const ResolvedView& left, const ResolvedView& right) {
  const auto same = [](const FieldFacts& a, const FieldFacts& b) {
    return a.name == b.name && a.type == b.type;
  };
  return std::ranges::equal(left.facts->join_keys, right.facts->join_keys, same) &&
         left.join_key_map == right.join_key_map;
}

}  // namespace

std::vector<std::pair<std::string, std::vector<std::string>>> PrecomputedService::Features() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> features;
  for (const ResolvedView& view : views) {
    auto& names = features.emplace_back(view.label, std::vector<std::string>()).second;
    for (const FieldFacts& feature : view.features) names.push_back(feature.name);
  }
  return features;
}

std::optional<PrecomputedService> PrecomputedOf(const RegistrySnapshot& snapshot,
                                                const std::string& project,
                                                const std::string& service,
                                                const Resolved& resolved) {
  const auto found = snapshot.GetFeatureService(project, service);
  if (!found.ok() || !(*found)->spec().precompute_online()) return std::nullopt;
  if (!resolved.transforms.empty() || resolved.views.empty()) return std::nullopt;
  const ResolvedView& first = resolved.views.front();
  const auto same = [&](const ResolvedView& view) { return SameKeys(first, view); };
  if (!std::ranges::all_of(resolved.views, same)) return std::nullopt;
  return PrecomputedService{service, first.facts->join_keys, resolved.views};
}

std::vector<PrecomputedService> PrecomputedServices(const RegistrySnapshot& snapshot,
                                                    const ResolveOptions& options) {
  std::vector<PrecomputedService> services;
  for (const auto& service : snapshot.proto().feature_services()) {
    const auto& spec = service.spec();
    if (spec.project() != options.project || !spec.precompute_online()) continue;
    const auto resolved = Resolve(snapshot, options, {{}, spec.name(), true});
    if (!resolved.ok()) continue;
    auto precomputed = PrecomputedOf(snapshot, options.project, spec.name(), *resolved);
    if (precomputed) services.push_back(*std::move(precomputed));
  }
  return services;
}

}  // namespace feast
