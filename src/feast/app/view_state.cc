#include "feast/app/view_state.h"

#include "feast/registry/object_kinds.h"
#include "feast/registry/times.h"

namespace feast {
namespace {

/// Calls `change` with the view of that name, whatever its kind, and stamps it.
template <typename Change>
Status ChangeView(FeatureStore& store, const CallContext& context, const std::string& name,
                  const Change& change) {
  const std::string& project = store.config().project;
  return store.registry().Mutate(context, [&](core::Registry* registry) -> Status {
    bool found = false;
    ForEachViewKind([&]<typename View>() {
      View* view = found ? nullptr : FindObject<View>(registry, project, name);
      if (view == nullptr) return;
      found = true;
      change(view);
      *view->mutable_meta()->mutable_last_updated_timestamp() = ToTimestamp(store.clock().Now());
    });
    return found ? Status::OK() : ObjectNotFound(ObjectKind::kFeatureView, name, project);
  });
}

}  // namespace

Status SetViewEnabled(FeatureStore& store, const CallContext& context, const std::string& view,
                      bool enabled) {
  return ChangeView(store, context, view, [&](auto* found) {
    if constexpr (requires { found->mutable_spec()->set_disabled(true); }) {
      found->mutable_spec()->set_disabled(!enabled);
    }
  });
}

Status SetViewState(FeatureStore& store, const CallContext& context, const std::string& view,
                    int state) {
  return ChangeView(store, context, view, [&](auto* found) {
    if constexpr (requires { found->mutable_meta()->set_state(core::FeatureViewState(0)); }) {
      found->mutable_meta()->set_state(static_cast<core::FeatureViewState>(state));
    }
  });
}

}  // namespace feast
