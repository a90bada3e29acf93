#include "feast_batch/historical/shared_scan.h"

#include <algorithm>
#include <map>
#include <string>

namespace feast {

std::string PlaceOf(const SourceRead& read) {
  const core::DataSource* batch = &read.source;
  while (batch->options_case() == core::DataSource::OPTIONS_NOT_SET && batch->has_batch_source()) {
    batch = &batch->batch_source();
  }
  core::DataSource source = *batch;
  for (const int field :
       {core::DataSource::kNameFieldNumber, core::DataSource::kProjectFieldNumber,
        core::DataSource::kDescriptionFieldNumber, core::DataSource::kTagsFieldNumber,
        core::DataSource::kOwnerFieldNumber, core::DataSource::kMetaFieldNumber,
        core::DataSource::kTimestampFieldFieldNumber,
        core::DataSource::kCreatedTimestampColumnFieldNumber,
        core::DataSource::kFieldMappingFieldNumber}) {
    source.GetReflection()->ClearField(&source, source.GetDescriptor()->FindFieldByNumber(field));
  }
  return source.SerializeAsString();
}

std::string ViewNames(const SharedScan& scan, const HistoricalPlan& plan) {
  std::string names = scan.views.size() == 1 ? "feature view" : "feature views";
  for (size_t i = 0; i < scan.views.size(); ++i) {
    names += (i == 0 ? " '" : ", '") + plan.views[scan.views[i]].view + "'";
  }
  return names;
}

std::vector<SharedScan> SharedScans(const HistoricalPlan& plan,
                                    const std::optional<std::pair<Micros, Micros>>& asked) {
  std::vector<SharedScan> scans;
  std::map<std::string, size_t> by_place;
  for (size_t v = 0; v < plan.views.size(); ++v) {
    const HistoricalView& view = plan.views[v];
    // Nothing is asked for: no row matters.
    const TimeWindow window =
        asked ? WindowOf(plan, view, asked->first, asked->second) : TimeWindow{1, 0};
    const auto [known, fresh] = by_place.emplace(PlaceOf(view.read), scans.size());
    if (fresh) {
      scans.push_back({{v}, view.read, window});
      continue;
    }
    SharedScan& scan = scans[known->second];
    scan.views.push_back(v);
    scan.read.features = DistinctNames({scan.read.features,
                                        view.read.join_keys,
                                        view.read.features,
                                        {view.read.timestamp_column, view.read.created_column}});
    if (!window.from || !scan.window.from) {
      scan.window.from.reset();
    } else {
      scan.window.from = std::min(*scan.window.from, *window.from);
    }
    // The window is on one column: views with times of their own need all rows.
    if (view.read.timestamp_column != scan.read.timestamp_column) scan.window = {};
  }
  return scans;
}

Result<std::unique_ptr<RowSource>> OpenScan(const SharedScan& scan, const HistoricalPlan& plan,
                                            const OpenRows& open) {
  auto source = open(scan.read, scan.window);
  if (!source.ok()) return source.status();
  for (const size_t v : scan.views) {
    const HistoricalView& view = plan.views[v];
    const SourceRead& read = view.read;
    if (view.output_names.size() != read.features.size() ||
        view.entity_columns.size() != read.join_keys.size()) {
      return Status::Internal("the plan for feature view '" + view.view + "' is uneven");
    }
    FEAST_RETURN_IF_ERROR(CheckTimeColumn(**source, read.timestamp_column));
    if (!read.created_column.empty()) {
      FEAST_RETURN_IF_ERROR(CheckTimeColumn(**source, read.created_column));
    }
    FEAST_RETURN_IF_ERROR(CheckColumns(**source, read.join_keys));
    FEAST_RETURN_IF_ERROR(CheckColumns(**source, read.features));
  }
  return source;
}

}  // namespace feast
