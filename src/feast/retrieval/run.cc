#include "feast/retrieval/run.h"

#include <chrono>

#include "feast/retrieval/on_demand.h"

namespace feast {

/// The answer while it grows: all columns, and which of them the caller sees.
struct OnlineRun::Built {
  struct Origin {
    const PlannedView* view = nullptr;  ///< null: an entity or request data column
    size_t feature = 0;
    ValueType type = ValueType::kInvalid;
    bool visible = true;
  };
  std::vector<OnlineColumn> columns;
  std::vector<Origin> origins;
  std::vector<std::shared_ptr<const void>> owners;
  std::vector<TransformTime> transform_times;
};

namespace {

using std::chrono::steady_clock;

OnlineColumn PresentColumn(const std::string& name, const EncodedColumn& encoded, size_t rows) {
  OnlineColumn column;
  column.name = name;
  column.values.reserve(rows);
  for (size_t row = 0; row < rows; ++row) column.values.push_back(encoded.Row(row));
  column.statuses.assign(rows, FieldStatus::kPresent);
  column.event_times = std::vector<Micros>(rows, 0);
  return column;
}

}  // namespace

OnlineRun::OnlineRun(std::shared_ptr<const OnlinePlan> plan, OnlineRequest request)
    : plan_(std::move(plan)), request_(std::move(request)) {}

Status OnlineRun::Prepare() {
  FEAST_ASSIGN_OR_RETURN(EntityColumns columns, ClassifyColumns(*plan_, request_));
  columns_ = std::make_shared<EntityColumns>(std::move(columns));
  keys_.reserve(plan_->views.size());
  for (const auto& view : plan_->views) {
    if (view.keys_of < keys_.size()) {
      keys_.push_back(keys_[view.keys_of]);
      continue;
    }
    FEAST_ASSIGN_OR_RETURN(ViewKeys keys, KeysOfView(*plan_, view, *columns_));
    keys_.push_back(std::make_shared<const ViewKeys>(std::move(keys)));
  }
  return Status::OK();
}

std::vector<TableRead> OnlineRun::Reads() const {
  std::vector<TableRead> reads;
  for (size_t i = 0; i < plan_->views.size(); ++i) {
    if (keys_[i]->keys.empty()) continue;
    reads.push_back({plan_->views[i].table, plan_->views[i].feature_names, keys_[i]->keys});
  }
  return reads;
}

std::optional<VectorRead> OnlineRun::VectorsToRead() const {
  // The views share their entity key, so they have the same keys.
  if (!plan_->vector || keys_.front()->keys.empty()) return std::nullopt;
  return VectorRead(*plan_, keys_.front()->keys);
}

std::string OnlineRun::ViewsRead() const {
  std::string names;
  for (size_t i = 0; i < plan_->views.size(); ++i) {
    if (keys_[i]->of_row.empty()) continue;
    names += (names.empty() ? "feature view '" : ", '") + plan_->views[i].view.label + "'";
  }
  return names;
}

void OnlineRun::AddEntityColumns(Built* built) {
  const auto add = [&](const EntityColumns::Column& column, bool visible) {
    built->columns.push_back(PresentColumn(column.encoded.name, column.encoded, columns_->rows));
    built->origins.push_back({nullptr, 0, column.encoded.type, visible});
  };
  for (const auto& column : columns_->join_keys) add(column, true);
  for (const auto& column : columns_->request_data) add(column, false);
  built->owners.push_back(columns_);
}

void OnlineRun::AddViewColumns(size_t view_index, const TableRows* rows, Micros now,
                               RetrievalOptions::Ttl ttl, Built* built) const {
  const PlannedView& view = plan_->views[view_index];
  const auto& of_row = keys_[view_index]->of_row;
  const size_t width = view.feature_names.size();
  const Micros max_age = ttl == RetrievalOptions::Ttl::kIgnore ? 0 : view.view.facts->ttl;
  std::vector<Micros> row_times(columns_->rows, 0);
  std::vector<FieldStatus> row_statuses(columns_->rows, FieldStatus::kNotFound);
  for (size_t row = 0; rows != nullptr && row < columns_->rows; ++row) {
    const auto& time = rows->event_times[of_row[row]];
    if (!time) continue;
    const bool expired = max_age > 0 && now - *time > max_age;
    row_times[row] = *time;
    row_statuses[row] = expired ? FieldStatus::kOutsideMaxAge : FieldStatus::kPresent;
  }
  const SharedList<Micros> times = std::move(row_times);
  for (size_t feature = 0; feature < width; ++feature) {
    OnlineColumn column;
    column.name = view.column_names[feature];
    column.values.resize(columns_->rows);
    column.statuses = row_statuses;
    column.event_times = times;
    for (size_t row = 0; rows != nullptr && row < columns_->rows; ++row) {
      FieldStatus& status = column.statuses[row];
      if (status == FieldStatus::kNotFound) continue;
      const auto& cell = rows->cells[of_row[row] * width + feature];
      if (!cell.found) {
        status = FieldStatus::kNotFound;
      } else if (status == FieldStatus::kPresent || ttl != RetrievalOptions::Ttl::kEnforce) {
        column.values[row] = cell.value;
      }
    }
    built->columns.push_back(std::move(column));
    built->origins.push_back(
        {&view, feature, view.view.features[feature].type, view.view.requested[feature]});
  }
  if (rows != nullptr) built->owners.push_back(rows->owner);
}

Status OnlineRun::AddOnDemandColumns(const CallContext& context, Transformer* transformer,
                                     Built* built) const {
  const size_t stored = built->columns.size();
  for (const auto& transform : plan_->transforms) {
    std::vector<InputColumn> inputs;
    for (size_t i = 0; i < stored; ++i) {
      const auto& origin = built->origins[i];
      const auto& column = built->columns[i];
      if (origin.view == nullptr) {
        inputs.push_back({column.name, origin.type, &column.values});
        continue;
      }
      if (!transform.inputs.contains(origin.view->view.label)) continue;
      const std::string& name = origin.view->feature_names[origin.feature];
      inputs.push_back({name, origin.type, &column.values});
      inputs.push_back({origin.view->view.label + "__" + name, origin.type, &column.values});
    }
    const auto began = steady_clock::now();
    FEAST_ASSIGN_OR_RETURN(auto encoded,
                           RunOnDemand(context, transformer, transform, inputs, columns_->rows));
    if (IsTimed(*transform.view)) {
      const std::chrono::duration<double> passed = steady_clock::now() - began;
      const auto& spec = transform.view->spec();
      built->transform_times.push_back({spec.name(), spec.mode(), passed.count()});
    }
    auto outputs = std::make_shared<const std::vector<EncodedColumn>>(std::move(encoded));
    for (const auto& output : *outputs) {
      const std::string name =
          plan_->full_names ? transform.label + "__" + output.name : output.name;
      built->columns.push_back(PresentColumn(name, output, columns_->rows));
      built->origins.push_back({nullptr, 0, output.type, true});
    }
    built->owners.push_back(std::move(outputs));
  }
  return Status::OK();
}

Result<OnlineResponse> OnlineRun::Finish(const CallContext& context, Transformer* transformer,
                                         Micros now, RetrievalOptions::Ttl ttl,
                                         std::vector<TableRows> answers) {
  Built built;
  AddEntityColumns(&built);
  size_t next = 0;
  for (size_t i = 0; i < plan_->views.size(); ++i) {
    const bool was_read = !keys_[i]->of_row.empty();
    if (was_read && next >= answers.size()) {
      return Status::Internal("the online store answered fewer reads than it was asked");
    }
    AddViewColumns(i, was_read ? &answers[next++] : nullptr, now, ttl, &built);
  }
  FEAST_RETURN_IF_ERROR(AddOnDemandColumns(context, transformer, &built));
  OnlineResponse response;
  for (size_t i = 0; i < built.columns.size(); ++i) {
    if (built.origins[i].visible) response.columns.push_back(std::move(built.columns[i]));
  }
  if (request_.include_version_metadata) {
    for (const auto& planned : plan_->views) {
      response.view_versions.emplace_back(
          planned.view.facts->name,
          planned.view.version.value_or(planned.view.facts->current_version));
    }
  }
  response.owners = std::move(built.owners);
  response.transform_times = std::move(built.transform_times);
  return response;
}

}  // namespace feast
