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

Status CheckMaterializable(const ViewFacts& view) {
  if (view.kind == "LabelView") {
    return Status::InvalidArgument("LabelView " + view.name +
                                   " cannot be materialized via materialize(). Use "
                                   "FeatureStore.push() to write labels.");
  }
  if (view.kind == "OnDemandFeatureView" && view.online) {
    return Status::InvalidArgument("On demand feature view " + view.name +
                                   " is computed from its sources; materialize those instead.");
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

Result<std::vector<ViewFacts>> FindMaterializedViews(const RegistrySnapshot& registry,
                                                     const std::string& project,
                                                     const std::vector<std::string>& names) {
  std::vector<ViewFacts> out;
  if (names.empty()) {
    FEAST_RETURN_IF_ERROR(AppendOnlineViews(registry.proto().feature_views(), project, &out));
    FEAST_RETURN_IF_ERROR(
        AppendOnlineViews(registry.proto().stream_feature_views(), project, &out));
    return out;
  }
  for (const std::string& name : names) {
    FEAST_ASSIGN_OR_RETURN(ViewFacts view, FindView(registry, project, name));
    FEAST_RETURN_IF_ERROR(CheckMaterializable(view));
    out.push_back(std::move(view));
  }
  return out;
}

std::optional<Micros> LastMaterialized(const RegistrySnapshot& registry, const std::string& project,
                                       const std::string& view) {
  if (auto found = registry.GetFeatureView(project, view); found.ok()) return LatestEnd(**found);
  auto stream = registry.GetStreamFeatureView(project, view);
  return stream.ok() ? LatestEnd(**stream) : std::nullopt;
}

}  // namespace feast
