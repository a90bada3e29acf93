#include "feast_batch/historical/winner_values.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/as_of_join.h"

namespace feast {
namespace {

/// Where winners lie: those of each group side by side.
struct Places {
  std::vector<size_t> begin;      // of each group in `rows`, and the end
  std::vector<int64_t> rows;      // within their group
  std::vector<int64_t> position;  // of each entity row's winner in `rows`; -1: none
};

Places PlacesOf(const std::vector<RowSource::Group>& groups, const std::vector<uint64_t>& winners) {
  Places places;
  places.begin.assign(groups.size() + 1, 0);
  const auto group_of = [&](uint64_t row) {
    const auto after = std::upper_bound(
        groups.begin(), groups.end(), row,
        [](uint64_t value, const RowSource::Group& group) { return value < group.first_row; });
    return static_cast<size_t>(after - groups.begin()) - 1;
  };
  std::vector<uint32_t> of_winner(winners.size(), 0);
  for (size_t i = 0; i < winners.size(); ++i) {
    if (winners[i] == kNoRow) continue;
    of_winner[i] = static_cast<uint32_t>(group_of(winners[i]));
    ++places.begin[of_winner[i] + 1];
  }
  for (size_t group = 0; group < groups.size(); ++group) {
    places.begin[group + 1] += places.begin[group];
  }
  places.rows.resize(places.begin.back());
  places.position.assign(winners.size(), -1);
  std::vector<size_t> next(places.begin.begin(), places.begin.end() - 1);
  for (size_t i = 0; i < winners.size(); ++i) {
    if (winners[i] == kNoRow) continue;
    const size_t at = next[of_winner[i]]++;
    places.rows[at] = static_cast<int64_t>(winners[i] - groups[of_winner[i]].first_row);
    places.position[i] = static_cast<int64_t>(at);
  }
  return places;
}

}  // namespace

Result<WinnerValues> TakeWinners(const CallContext& context, RowSource& source,
                                 const std::vector<uint64_t>& winners,
                                 const std::vector<std::string>& columns) {
  context.EnterStage(Progress::Stage::kFetching);
  const auto places = PlacesOf(source.groups(), winners);
  std::vector<size_t> groups;
  for (size_t group = 0; group < source.groups().size(); ++group) {
    if (places.begin[group] < places.begin[group + 1]) groups.push_back(group);
  }
  std::vector<std::shared_ptr<arrow::Table>> parts;
  GroupReader reader(context, source, std::move(groups), columns);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(auto item, reader.Next());
    if (!item) break;
    const auto rows = RowIndices({places.rows.begin() + places.begin[item->group],
                                  places.rows.begin() + places.begin[item->group + 1]});
    FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(item->table, rows));
    parts.push_back(taken.table());
  }
  WinnerValues out;
  if (parts.empty()) {
    arrow::FieldVector fields;
    for (const auto& name : columns) fields.push_back(source.schema().GetFieldByName(name));
    FEAST_ARROW_ASSIGN(out.values_, arrow::Table::MakeEmpty(arrow::schema(fields)));
  } else {
    FEAST_ARROW_ASSIGN(out.values_, arrow::ConcatenateTables(parts));
  }
  arrow::Int64Builder position;
  FEAST_ARROW_RETURN_IF_ERROR(position.Reserve(static_cast<int64_t>(winners.size())));
  for (const int64_t at : places.position) {
    if (at < 0) {
      position.UnsafeAppendNull();
    } else {
      position.UnsafeAppend(at);
    }
  }
  FEAST_ARROW_ASSIGN(out.position_, position.Finish());
  return out;
}

Result<std::shared_ptr<arrow::Array>> WinnerValues::Column(const std::string& name) const {
  const auto column = values_->GetColumnByName(name);
  if (column->length() == 0) {
    FEAST_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(column->type(), position_->length()));
    return nulls;
  }
  FEAST_ARROW_ASSIGN(const auto whole, arrow::Concatenate(column->chunks()));
  FEAST_ARROW_ASSIGN(
      auto taken,
      arrow::compute::Take(*whole, *position_, arrow::compute::TakeOptions::NoBoundsCheck()));
  return taken;
}

}  // namespace feast
