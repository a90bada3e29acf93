#include "feast/registry/view_state.h"

#include <algorithm>

#include "feast/registry/object_kinds.h"
#include "feast/registry/times.h"

namespace feast {
namespace {

/// Calls `change` with the view of that name, whatever its kind, and stamps it.
template <typename Change>
Status ChangeView(Registry& registry, const CallContext& context, const std::string& project,
                  const std::string& name, Micros now, const Change& change) {
  return registry.Mutate(context, [&](core::Registry* content) -> Status {
    bool found = false;
    ForEachViewKind([&]<typename View>() {
      View* view = found ? nullptr : FindObject<View>(content, project, name);
      if (view == nullptr) return;
      found = true;
      change(view);
      *view->mutable_meta()->mutable_last_updated_timestamp() = ToTimestamp(now);
    });
    return found ? Status::OK() : ObjectNotFound(ObjectKind::kFeatureView, name, project);
  });
}

/// Calls `visit` with each view of the project that has a state.
template <typename Visit>
void EachView(core::Registry* content, const std::string& project, const Visit& visit) {
  ForEachViewKind([&]<typename View>() {
    if constexpr (requires(View view) { view.mutable_meta()->set_state(core::MATERIALIZING); }) {
      for (View& view : *KindOf<View>::List(content)) {
        if (view.spec().project() == project) visit(&view);
      }
    }
  });
}

template <typename View>
bool EverMaterialized(const View& view) {
  if constexpr (requires { view.meta().materialization_intervals_size(); }) {
    return view.meta().materialization_intervals_size() > 0;
  } else {
    return false;
  }
}

}  // namespace

Status SetViewEnabled(Registry& registry, const CallContext& context, const std::string& project,
                      const std::string& view, bool enabled, Micros now) {
  return ChangeView(registry, context, project, view, now, [&](auto* found) {
    if constexpr (requires { found->mutable_spec()->set_disabled(true); }) {
      found->mutable_spec()->set_disabled(!enabled);
    }
  });
}

Status SetViewState(Registry& registry, const CallContext& context, const std::string& project,
                    const std::string& view, int state, Micros now) {
  return ChangeView(registry, context, project, view, now, [&](auto* found) {
    if constexpr (requires { found->mutable_meta()->set_state(core::MATERIALIZING); }) {
      found->mutable_meta()->set_state(static_cast<core::FeatureViewState>(state));
    }
  });
}

Result<ViewStates> MarkMaterializing(Registry& registry, const std::string& project,
                                     const std::vector<std::string>& views, bool force,
                                     std::vector<std::string>* running) {
  ViewStates before;
  const Status marked = registry.Mutate(CallContext(), [&](core::Registry* content) {
    before.clear();  // a mutation may run again
    running->clear();
    EachView(content, project, [&](auto* view) {
      const std::string& name = view->spec().name();
      if (std::ranges::find(views, name) == views.end()) return;
      before[name] = view->meta().state();
      if (view->meta().state() == core::MATERIALIZING) running->push_back(name);
      view->mutable_meta()->set_state(core::MATERIALIZING);
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
    EachView(content, project, [&](auto* view) {
      const auto found = before.find(view->spec().name());
      if (found == before.end() || view->meta().state() != core::MATERIALIZING) return;
      core::FeatureViewState state = found->second;
      if (state == core::MATERIALIZING) {
        state = EverMaterialized(*view) ? core::AVAILABLE_ONLINE : core::GENERATED;
      }
      view->mutable_meta()->set_state(success ? core::AVAILABLE_ONLINE : state);
    });
    return Status::OK();
  });
}

}  // namespace feast
