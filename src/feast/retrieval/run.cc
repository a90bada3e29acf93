#include "feast/retrieval/run.h"

#include <algorithm>
#include <chrono>

#include "feast/base/arena.h"
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

  Built(size_t rows, size_t expected_columns, size_t views)
      : arena(std::make_shared<Arena>(rows * (expected_columns * sizeof(std::string_view) +
                                              (views + 1) * (sizeof(Micros) + 2)))),
        present(arena->Make(rows, FieldStatus::kPresent)),
        no_times(arena->Make<Micros>(rows)),
        owners{arena} {
    columns.reserve(expected_columns);
    origins.reserve(expected_columns);
  }

  /// A column that is there in every row and has no event times. `name` and `encoded` are owned by
  /// others.
  void AddPresent(std::string_view name, const EncodedColumn& encoded, bool visible) {
    const auto values = arena->Make<std::string_view>(present.size());
    for (size_t row = 0; row < values.size(); ++row) values[row] = encoded.Row(row);
    columns.push_back({name, values, present, no_times});
    origins.push_back({nullptr, 0, encoded.type, visible});
  }

  std::shared_ptr<Arena> arena;  ///< of what the columns show
  std::span<const FieldStatus> present;
  std::span<const Micros> no_times;
  std::vector<OnlineColumn> columns;
  std::vector<Origin> origins;
  std::vector<std::shared_ptr<const void>> owners;
  std::vector<TransformTime> transform_times;
};

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

void OnlineRun::AddEntityColumns(Built* built) const {
  const auto add = [&](const EntityColumns::Column& column, bool visible) {
    built->AddPresent(column.encoded.name, column.encoded, visible);
  };
  for (const auto& column : columns_->join_keys) add(column, true);
  for (const auto& column : columns_->request_data) add(column, false);
  built->owners.push_back(columns_);
}

void OnlineRun::AddViewColumns(size_t view_index, const TableRows* rows, Micros now,
                               RetrievalOptions::Ttl ttl, Built* built) const {
  const PlannedView& view = plan_->views[view_index];
  const auto& of_row = keys_[view_index]->of_row;
  const size_t count = columns_->rows;
  const size_t width = view.feature_names.size();
  const Micros max_age = ttl == RetrievalOptions::Ttl::kIgnore ? 0 : view.view.facts->ttl;
  const auto times = built->arena->Make<Micros>(count);
  const auto row_statuses = built->arena->Make(count, FieldStatus::kNotFound);
  for (size_t row = 0; rows != nullptr && row < count; ++row) {
    const auto& time = rows->event_times[of_row[row]];
    if (!time) continue;
    const bool expired = max_age > 0 && now - *time > max_age;
    times[row] = *time;
    row_statuses[row] = expired ? FieldStatus::kOutsideMaxAge : FieldStatus::kPresent;
  }
  for (size_t feature = 0; feature < width; ++feature) {
    const auto values = built->arena->Make<std::string_view>(count);
    auto statuses = row_statuses;
    for (size_t row = 0; rows != nullptr && row < count; ++row) {
      if (row_statuses[row] == FieldStatus::kNotFound) continue;
      const auto& cell = rows->cells[of_row[row] * width + feature];
      if (!cell.found) {
        if (statuses.data() == row_statuses.data()) {
          statuses = built->arena->Make<FieldStatus>(count);
          std::ranges::copy(row_statuses, statuses.begin());
        }
        statuses[row] = FieldStatus::kNotFound;
      } else if (row_statuses[row] == FieldStatus::kPresent ||
                 ttl != RetrievalOptions::Ttl::kEnforce) {
        values[row] = cell.value;
      }
    }
    built->columns.push_back({view.column_names[feature], values, statuses, times});
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
        inputs.push_back({std::string(column.name), origin.type, column.values});
        continue;
      }
      if (!transform.inputs.contains(origin.view->view.label)) continue;
      const std::string& name = origin.view->feature_names[origin.feature];
      inputs.push_back({name, origin.type, column.values});
      inputs.push_back({origin.view->view.label + "__" + name, origin.type, column.values});
    }
    const auto began = std::chrono::steady_clock::now();
    FEAST_ASSIGN_OR_RETURN(auto encoded,
                           RunOnDemand(context, transformer, transform, inputs, columns_->rows));
    if (IsTimed(*transform.view)) {
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began;
      const auto& spec = transform.view->spec();
      built->transform_times.push_back({spec.name(), spec.mode(), passed.count()});
    }
    if (plan_->full_names) {
      for (EncodedColumn& output : encoded) output.name = transform.label + "__" + output.name;
    }
    const auto outputs = std::make_shared<const std::vector<EncodedColumn>>(std::move(encoded));
    for (const EncodedColumn& output : *outputs) built->AddPresent(output.name, output, true);
    built->owners.push_back(outputs);
  }
  return Status::OK();
}

Result<OnlineResponse> OnlineRun::Finish(const CallContext& context, Transformer* transformer,
                                         Micros now, RetrievalOptions::Ttl ttl,
                                         std::vector<TableRows> answers) {
  size_t width = columns_->join_keys.size() + columns_->request_data.size();
  for (const PlannedView& view : plan_->views) width += view.feature_names.size();
  Built built(columns_->rows, width, plan_->views.size());
  built.owners.push_back(plan_);
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
  response.columns.reserve(built.columns.size());
  for (size_t i = 0; i < built.columns.size(); ++i) {
    if (built.origins[i].visible) response.columns.push_back(built.columns[i]);
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
