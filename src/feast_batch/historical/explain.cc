#include "feast_batch/historical/explain.h"

#include <arrow/type.h>

#include <algorithm>
#include <set>

#include "feast/codec/iso_time.h"
#include "feast_batch/historical/shared_scan.h"

namespace feast {
namespace {

// The first and the last instant that is asked for, where that is known.
std::optional<std::pair<Micros, Micros>> Asked(const HistoricalPlan& plan,
                                               const EntityFacts& entities) {
  if (plan.entity_timestamp.empty()) {
    return plan.end ? std::optional(std::pair(*plan.end, *plan.end)) : std::nullopt;
  }
  if (!entities.earliest || !entities.latest) return std::nullopt;
  return std::pair(*entities.earliest, *entities.latest);
}

// The scan that a view takes part in.
SharedScan ScanOfView(const HistoricalPlan& plan, const HistoricalView& view,
                      const EntityFacts& entities) {
  const auto asked = Asked(plan, entities);
  const auto position = static_cast<size_t>(&view - plan.views.data());
  for (SharedScan& scan : SharedScans(plan, asked)) {
    if (std::ranges::find(scan.views, position) == scan.views.end()) continue;
    if (!asked) scan.window = {};
    return std::move(scan);
  }
  return {};
}

std::string Comparison(const std::string& column, std::string_view operation, Micros bound) {
  std::string text = column;
  text.append(operation);
  AppendIsoTime(bound, ' ', false, &text);
  return text;
}

}  // namespace

ViewExplanation ExplainPlan(const HistoricalPlan& plan, const HistoricalView& view,
                            const EntityFacts& entities) {
  const SourceRead& read = view.read;
  ViewExplanation out;
  out.view = view.view;
  out.source = read.source.name();
  out.join_keys = read.join_keys;
  out.scan_columns = DistinctNames({read.join_keys, {read.timestamp_column, read.created_column}});
  out.feature_columns = DistinctNames({read.features});
  const SharedScan scan = ScanOfView(plan, view, entities);
  for (const size_t other : scan.views) {
    if (&plan.views[other] != &view) out.scanned_with.push_back(plan.views[other].view);
  }
  const TimeWindow& window = scan.window;
  if (window.from) {
    out.filters.push_back(Comparison(read.timestamp_column, " >= ", *window.from));
  }
  if (window.to) out.filters.push_back(Comparison(read.timestamp_column, " <= ", *window.to));
  return out;
}

Result<ViewExplanation> ExplainView(const HistoricalPlan& plan, const HistoricalView& view,
                                    const EntityFacts& entities, RowSource& source) {
  const SourceRead& read = view.read;
  FEAST_RETURN_IF_ERROR(CheckTimeColumn(source, read.timestamp_column));
  FEAST_RETURN_IF_ERROR(CheckColumns(source, read.join_keys));
  FEAST_RETURN_IF_ERROR(CheckColumns(source, read.features));
  ViewExplanation out = ExplainPlan(plan, view, entities);
  out.source = source.name();
  out.route = "as-of join in this process";
  out.reason = "keys and times are streamed once, whatever their order";
  const TimeWindow window = ScanOfView(plan, view, entities).window;
  const auto chosen = GroupsInRange(source, read.timestamp_column, window.from, window.to);
  std::set<size_t> files, files_read;
  int64_t rows = 0, rows_read = 0, scan_bytes = 0, feature_bytes = 0;
  for (size_t group = 0; group < source.groups().size(); ++group) {
    rows += static_cast<int64_t>(source.groups()[group].rows);
    if (const auto file = source.FileOf(group)) files.insert(*file);
  }
  for (const size_t group : chosen) {
    rows_read += static_cast<int64_t>(source.groups()[group].rows);
    if (const auto file = source.FileOf(group)) files_read.insert(*file);
    scan_bytes += source.StoredBytes(group, out.scan_columns);
    feature_bytes += source.StoredBytes(group, out.feature_columns);
  }
  out.groups = static_cast<int64_t>(source.groups().size());
  out.groups_read = static_cast<int64_t>(chosen.size());
  out.rows = rows;
  out.rows_read = rows_read;
  if (!files.empty()) {
    out.files = static_cast<int64_t>(files.size());
    out.files_read = static_cast<int64_t>(files_read.size());
    out.scan_bytes = scan_bytes;
    out.feature_bytes = feature_bytes;
  }
  return out;
}

MemoryExplanation ExplainMemory(const HistoricalPlan& plan, const JoinMemory& memory) {
  constexpr int kKeysAreGuessed = 16;
  std::set<std::string> keys;
  for (const auto& view : plan.views) {
    keys.insert(view.entity_columns.begin(), view.entity_columns.end());
  }
  arrow::FieldVector fields = {
      arrow::field(plan.entity_timestamp, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))};
  for (const auto& key : keys) {
    fields.push_back(arrow::field(key, arrow::fixed_size_binary(kKeysAreGuessed)));
  }
  MemoryExplanation out;
  out.limit = memory.limit;
  out.rows_at_once = memory.RowsAtOnce(BytesPerRow(plan, *arrow::schema(std::move(fields))), 0);
  out.beyond = plan.entity_timestamp.empty() || memory.temp_size == 0
                   ? "the sources are read again for more"
                   : "more go through temporary files in " + memory.SpillDirectory();
  return out;
}

}  // namespace feast
