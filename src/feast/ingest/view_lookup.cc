#include "feast/ingest/view_lookup.h"

#include <algorithm>

#include "feast/references/find_view.h"

namespace feast {
namespace {

Micros ToMicros(const google::protobuf::Timestamp& time) {
  return time.seconds() * kMicrosPerSecond + time.nanos() / 1000;
}

template <typename Views>
Status AppendPushTargets(const Views& views, const std::string& project,
                         const std::string& push_source, std::vector<ViewFacts>* out) {
  for (const auto& view : views) {
    if (view.spec().project() != project) continue;
    FEAST_ASSIGN_OR_RETURN(ViewFacts facts, FactsOf(view));
    if (facts.stream_source && facts.stream_source->type() == core::DataSource::PUSH_SOURCE &&
        facts.stream_source->name() == push_source) {
      out->push_back(std::move(facts));
    }
  }
  return Status::OK();
}

template <typename Views>
Status AppendOnlineViews(const Views& views, const std::string& project,
                         std::vector<ViewFacts>* out) {
  for (const auto& view : views) {
    if (view.spec().project() != project) continue;
    FEAST_ASSIGN_OR_RETURN(ViewFacts facts, FactsOf(view));
    if (facts.online && !facts.disabled) out->push_back(std::move(facts));
  }
  return Status::OK();
}

// Reads views, and nothing that only a request can give.
bool ReadsViewsOnly(const core::OnDemandFeatureView& view) {
  return !view.spec().sources().empty() &&
         std::none_of(view.spec().sources().begin(), view.spec().sources().end(),
                      [](const auto& source) { return source.second.has_request_data_source(); });
}

Status CheckMaterializable(const RegistrySnapshot& registry, const std::string& project,
                           const ViewFacts& view) {
  if (view.kind == "LabelView") {
    return Status::InvalidArgument("LabelView " + view.name +
                                   " cannot be materialized via materialize(). Use "
                                   "FeatureStore.push() to write labels.");
  }
  if (view.kind == "OnDemandFeatureView" && view.online) {
    FEAST_ASSIGN_OR_RETURN(const auto* on_demand,
                           registry.GetOnDemandFeatureView(project, view.name));
    if (!ReadsViewsOnly(*on_demand)) {
      return Status::InvalidArgument("On demand feature view " + view.name +
                                     " needs values of a request, so it cannot be materialized; "
                                     "write rows to it with write_to_online_store instead.");
    }
  }
  if (view.disabled) {
    return Status::InvalidArgument("FeatureView " + view.name +
                                   " is disabled. Enable it before materializing.");
  }
  if (!view.online) {
    if (view.kind == "OnDemandFeatureView") {
      return Status::InvalidArgument("OnDemandFeatureView " + view.name +
                                     " is not configured for write_to_online_store.");
    }
    return Status::InvalidArgument("FeatureView " + view.name +
                                   " is not configured to be served online.");
  }
  return Status::OK();
}

template <typename View>
std::optional<Micros> LatestEnd(const View& view) {
  std::optional<Micros> latest;
  for (const auto& interval : view.meta().materialization_intervals()) {
    latest = std::max(latest.value_or(INT64_MIN), ToMicros(interval.end_time()));
  }
  return latest;
}

}  // namespace

Result<std::vector<ViewFacts>> FindPushTargets(const RegistrySnapshot& registry,
                                               const std::string& project,
                                               const std::string& push_source) {
  const core::Registry& proto = registry.proto();
  std::vector<ViewFacts> out;
  FEAST_RETURN_IF_ERROR(AppendPushTargets(proto.feature_views(), project, push_source, &out));
  FEAST_RETURN_IF_ERROR(
      AppendPushTargets(proto.stream_feature_views(), project, push_source, &out));
  FEAST_RETURN_IF_ERROR(AppendPushTargets(proto.label_views(), project, push_source, &out));
  if (out.empty()) {
    return Status::NotFound("Unable to find push source '" + push_source + "'.",
                            ErrorKind::kPushSourceNotFound);
  }
  return out;
}

Status CheckStored(const ViewFacts& on_demand_view) {
  if (on_demand_view.online) return Status::OK();
  return Status::InvalidArgument("On demand feature view " + on_demand_view.name +
                                 " is computed when it is asked for and keeps no values; set "
                                 "write_to_online_store=True to store it.");
}

Result<std::vector<ViewFacts>> FindMaterializedViews(const RegistrySnapshot& registry,
                                                     const std::string& project,
                                                     const std::vector<std::string>& names,
                                                     std::optional<int> version) {
  std::vector<ViewFacts> out;
  if (names.empty()) {
    FEAST_RETURN_IF_ERROR(AppendOnlineViews(registry.proto().feature_views(), project, &out));
    FEAST_RETURN_IF_ERROR(
        AppendOnlineViews(registry.proto().stream_feature_views(), project, &out));
    for (const auto& view : registry.proto().on_demand_feature_views()) {
      if (!ReadsViewsOnly(view) || view.spec().project() != project) continue;
      FEAST_ASSIGN_OR_RETURN(ViewFacts facts, FactsOf(view));
      if (facts.online && !facts.disabled) out.push_back(std::move(facts));
    }
  }
  for (const std::string& name : names) {
    FEAST_ASSIGN_OR_RETURN(ViewFacts view, FindView(registry, project, name));
    FEAST_RETURN_IF_ERROR(CheckMaterializable(registry, project, view));
    if (version) {
      FEAST_ASSIGN_OR_RETURN(view, FindViewVersion(registry, project, name, *version));
      view.current_version = *version;
    }
    out.push_back(std::move(view));
  }
  for (const ViewFacts& view : out) {
    if (!view.transformed) continue;
    return Status::Unimplemented(
        "running stream and batch transformations and aggregations is not supported yet: " +
        view.kind + " '" + view.name + "' has one, so it cannot be materialized");
  }
  return out;
}

std::optional<Micros> LastMaterialized(const RegistrySnapshot& registry, const std::string& project,
                                       const std::string& view) {
  if (auto found = registry.GetFeatureView(project, view); found.ok()) return LatestEnd(**found);
  auto stream = registry.GetStreamFeatureView(project, view);
  return stream.ok() ? LatestEnd(**stream) : std::nullopt;
}

Result<Micros> LongestSourceTtl(const RegistrySnapshot& registry, const std::string& project,
                                const std::string& on_demand_view) {
  FEAST_ASSIGN_OR_RETURN(const auto* view,
                         registry.GetOnDemandFeatureView(project, on_demand_view));
  Micros longest = 0;
  for (const auto& [name, source] : view->spec().sources()) {
    if (!source.has_feature_view_projection()) continue;
    FEAST_ASSIGN_OR_RETURN(
        const ViewFacts facts,
        FindView(registry, project, source.feature_view_projection().feature_view_name()));
    longest = std::max(longest, facts.ttl);
  }
  return longest;
}

}  // namespace feast
