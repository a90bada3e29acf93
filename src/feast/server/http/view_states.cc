#include "feast/server/http/view_states.h"

#include <algorithm>

namespace feast {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// Calls `visit(view, wanted_by_default)` for each view of the project that can be materialized.
template <typename RegistryProto, typename Visit>
void EachView(RegistryProto& registry, const std::string& project, const Visit& visit) {
  const auto each = [&](auto* views, const auto& by_default) {
    for (auto& view : *views) {
      if (view.spec().project() == project) visit(view, by_default(view.spec()));
    }
  };
  const auto online = [](const auto& spec) { return spec.online() && !spec.disabled(); };
  if constexpr (std::is_const_v<RegistryProto>) {
    each(&registry.feature_views(), online);
    each(&registry.stream_feature_views(), online);
    each(&registry.on_demand_feature_views(),
         [](const auto& spec) { return spec.write_to_online_store() && !spec.disabled(); });
  } else {
    each(registry.mutable_feature_views(), online);
    each(registry.mutable_stream_feature_views(), online);
    each(registry.mutable_on_demand_feature_views(),
         [](const auto& spec) { return spec.write_to_online_store() && !spec.disabled(); });
  }
}

}  // namespace

Result<std::vector<std::string>> ViewsToMaterialize(const RegistrySnapshot& snapshot,
                                                    const std::string& project,
                                                    const std::vector<std::string>& asked) {
  std::vector<std::string> existing;
  std::vector<std::string> by_default;
  EachView(snapshot.proto(), project, [&](const auto& view, bool wanted) {
    existing.push_back(view.spec().name());
    if (wanted) by_default.push_back(view.spec().name());
  });
  if (asked.empty()) return by_default;
  for (const std::string& name : asked) {
    if (Contains(existing, name)) continue;
    return Status::NotFound("Feature view " + name + " does not exist in project " + project,
                            ErrorKind::kFeatureViewNotFound);
  }
  return asked;
}

std::vector<std::string> ViewsInState(const RegistrySnapshot& snapshot, const std::string& project,
                                      const std::vector<std::string>& views,
                                      core::FeatureViewState state) {
  std::vector<std::string> found;
  EachView(snapshot.proto(), project, [&](const auto& view, bool) {
    const std::string& name = view.spec().name();
    if (view.meta().state() == state && Contains(views, name)) found.push_back(name);
  });
  return found;
}

Status SetViewStates(Registry& registry, const std::string& project,
                     const std::vector<std::string>& views, core::FeatureViewState state) {
  return registry.Mutate(CallContext(), [&](core::Registry* content) {
    EachView(*content, project, [&](auto& view, bool) {
      if (Contains(views, view.spec().name())) view.mutable_meta()->set_state(state);
    });
    return Status::OK();
  });
}

}  // namespace feast
