#include "feast/registry/validate.h"

#include <string>
#include <utility>
#include <vector>

#include "feast/definitions/names.h"
#include "feast/registry/object_kinds.h"
#include "feast/registry/versions.h"

namespace feast {
namespace {

Status CheckOnDemandView(const core::OnDemandFeatureViewSpec& spec) {
  if (spec.write_to_online_store() && spec.entities().empty()) {
    return Status::InvalidArgument(
        "OnDemandFeatureView configured with write_to_online_store=True must have at least one "
        "entity defined. Either add entities or set write_to_online_store=False.");
  }
  if (spec.singleton() && spec.mode() != "python") {
    return Status::InvalidArgument(
        "Singleton mode is only supported with mode='python', but mode='" + spec.mode() +
        "' was specified. Either disable singleton (singleton=False) or change mode to 'python'.");
  }
  if (spec.sources().empty()) {
    return Status::InvalidArgument(
        "OnDemandFeatureView must have at least one source. Add either "
        "FeatureView/FeatureViewProjection sources or RequestSource sources.");
  }
  if (spec.aggregations().empty() && !spec.has_feature_transformation() &&
      !spec.has_user_defined_function()) {
    return Status::InvalidArgument(
        "OnDemandFeatureView must have a valid feature_transformation. Provide either a udf "
        "parameter or a feature_transformation parameter.");
  }
  return Status::OK();
}

template <typename View>
Status CheckView(const View& view) {
  FEAST_RETURN_IF_ERROR(CheckViewName(NameOf(view)));
  if constexpr (requires { view.spec().version(); }) {
    const auto version = ParseVersion(view.spec().version());
    if (!version.ok()) return version.status().Annotate("Feature view '" + NameOf(view) + "'");
  }
  if constexpr (requires { view.spec().singleton(); }) {
    const Status status = CheckOnDemandView(view.spec());
    if (!status.ok()) return status.Annotate("Feature view '" + NameOf(view) + "'");
  }
  return Status::OK();
}

/// Names are unique among all kinds of views, whatever their case.
Status CheckDesiredViews(const core::Registry& desired, bool allow_case_variants) {
  const auto same = [&](std::string_view left, std::string_view right) {
    return allow_case_variants ? left == right : SameNameIgnoringCase(left, right);
  };
  std::vector<std::pair<std::string_view, std::string>> seen;
  Status failure;
  ForEachViewKind([&]<typename View>() {
    for (const View& view : KindOf<View>::List(desired)) {
      if (!failure.ok()) return;
      failure = CheckView(view);
      const std::string kind(ViewClassName<View>());
      for (const auto& [name, other] : seen) {
        if (failure.ok() && same(name, NameOf(view))) {
          failure = ConflictingViewNames(NameOf(view), other, kind);
        }
      }
      seen.emplace_back(NameOf(view), kind);
    }
  });
  return failure;
}

Status CheckDataSources(const core::Registry& desired) {
  std::vector<std::string_view> seen;
  for (const core::DataSource& source : desired.data_sources()) {
    for (const std::string_view name : seen) {
      if (SameNameIgnoringCase(name, source.name())) {
        return Status::InvalidArgument(
            "Multiple data sources share the same case-insensitive name " + source.name() + ".");
      }
    }
    seen.push_back(source.name());
  }
  return Status::OK();
}

/// With a full apply the other kind's view is deleted before this one is created.
Status CheckRegisteredViews(const core::Registry& current, const core::Registry& desired,
                            const ApplyOptions& options) {
  if (!options.partial) return Status::OK();
  Status failure;
  ForEachViewKind([&]<typename View>() {
    for (const View& view : KindOf<View>::List(desired)) {
      ForEachViewKind([&]<typename Other>() {
        if constexpr (!std::is_same_v<View, Other>) {
          if (FindObject<Other>(current, options.project, NameOf(view)) != nullptr) {
            failure = Status::InvalidArgument("The feature view name: " + NameOf(view) +
                                                  " refers to feature views of different types.",
                                              ErrorKind::kConflictingFeatureViewNames);
          }
        }
      });
    }
  });
  return failure;
}

}  // namespace

Status ValidateDesired(const core::Registry& current, const core::Registry& desired,
                       const ApplyOptions& options) {
  FEAST_RETURN_IF_ERROR(CheckProjectName(options.project));
  FEAST_RETURN_IF_ERROR(CheckDataSources(desired));
  FEAST_RETURN_IF_ERROR(CheckDesiredViews(desired, options.allow_case_variants));
  return CheckRegisteredViews(current, desired, options);
}

}  // namespace feast
