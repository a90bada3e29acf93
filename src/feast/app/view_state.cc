#include "feast/app/view_state.h"

#include <google/protobuf/util/time_util.h>

namespace feast {
namespace {

// Calls `change` with the one view of that name; false if there is none.
template <typename Views, typename Change>
bool ChangeIn(Views* views, const std::string& project, const std::string& name,
              const Change& change) {
  for (auto& view : *views) {
    if (view.spec().project() != project || view.spec().name() != name) continue;
    change(&view);
    return true;
  }
  return false;
}

template <typename Change>
Status ChangeView(FeatureStore& store, const CallContext& context, const std::string& name,
                  const Change& change) {
  const std::string& project = store.config().project;
  return store.registry().Mutate(context, [&](core::Registry* registry) -> Status {
    if (ChangeIn(registry->mutable_feature_views(), project, name, change) ||
        ChangeIn(registry->mutable_stream_feature_views(), project, name, change) ||
        ChangeIn(registry->mutable_on_demand_feature_views(), project, name, change) ||
        ChangeIn(registry->mutable_label_views(), project, name, change)) {
      return Status::OK();
    }
    return Status::NotFound("Feature view " + name + " does not exist in project " + project,
                            ErrorKind::kFeatureViewNotFound);
  });
}

template <typename View>
void Stamp(View* view) {
  *view->mutable_meta()->mutable_last_updated_timestamp() =
      google::protobuf::util::TimeUtil::GetCurrentTime();
}

}  // namespace

Status SetViewEnabled(FeatureStore& store, const CallContext& context, const std::string& view,
                      bool enabled) {
  return ChangeView(store, context, view, [&](auto* found) {
    if constexpr (requires { found->mutable_spec()->set_disabled(true); }) {
      found->mutable_spec()->set_disabled(!enabled);
    }
    Stamp(found);
  });
}

Status SetViewState(FeatureStore& store, const CallContext& context, const std::string& view,
                    int state) {
  return ChangeView(store, context, view, [&](auto* found) {
    if constexpr (requires { found->mutable_meta()->set_state(core::FeatureViewState(0)); }) {
      found->mutable_meta()->set_state(static_cast<core::FeatureViewState>(state));
    }
    Stamp(found);
  });
}

}  // namespace feast
