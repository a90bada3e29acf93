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

std::string KindOf(const core::FeatureView& /*view*/) { return "FeatureView"; }
std::string KindOf(const core::StreamFeatureView& /*view*/) { return "StreamFeatureView"; }
std::string KindOf(const core::OnDemandFeatureView& /*view*/) { return "OnDemandFeatureView"; }

template <typename View>
bool EverMaterialized(const View& view) {
  if constexpr (requires { view.meta().materialization_intervals_size(); }) {
    return view.meta().materialization_intervals_size() > 0;
  } else {
    return false;
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

std::vector<Resource> ResourcesOf(const RegistrySnapshot& snapshot, const std::string& project,
                                  const std::vector<std::string>& views) {
  std::vector<Resource> resources;
  EachView(snapshot.proto(), project, [&](const auto& view, bool) {
    if (Contains(views, view.spec().name())) {
      resources.push_back({KindOf(view), view.spec().name()});
    }
  });
  return resources;
}

Result<ViewStates> MarkMaterializing(Registry& registry, const std::string& project,
                                     const std::vector<std::string>& views, bool force,
                                     std::vector<std::string>* running) {
  ViewStates before;
  const Status marked = registry.Mutate(CallContext(), [&](core::Registry* content) {
    before.clear();  // a mutation may run again
    running->clear();
    EachView(*content, project, [&](auto& view, bool) {
      const std::string& name = view.spec().name();
      if (!Contains(views, name)) return;
      before[name] = view.meta().state();
      if (view.meta().state() == core::MATERIALIZING) running->push_back(name);
      view.mutable_meta()->set_state(core::MATERIALIZING);
    });
    if (running->empty() || force) return Status::OK();
    return Status(StatusCode::kAborted, "views are being materialized already");
  });
  if (force) running->clear();
  if (!marked.ok() && running->empty()) return marked;
  return before;
}

Status UnmarkMaterializing(Registry& registry, const std::string& project, const ViewStates& before,
                           bool success) {
  return registry.Mutate(CallContext(), [&](core::Registry* content) {
    EachView(*content, project, [&](auto& view, bool) {
      const auto found = before.find(view.spec().name());
      if (found == before.end() || view.meta().state() != core::MATERIALIZING) return;
      core::FeatureViewState state = found->second;
      if (state == core::MATERIALIZING) {
        state = EverMaterialized(view) ? core::AVAILABLE_ONLINE : core::GENERATED;
      }
      view.mutable_meta()->set_state(success ? core::AVAILABLE_ONLINE : state);
    });
    return Status::OK();
  });
}

}  // namespace feast
