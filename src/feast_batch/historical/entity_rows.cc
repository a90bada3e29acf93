#include "feast_batch/historical/entity_rows.h"

#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>

#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {

Status CheckEntityColumns(const arrow::Schema& entities, const HistoricalView& view) {
  for (const auto& name : view.entity_columns) {
    if (entities.GetFieldIndex(name) >= 0) continue;
    return Status::InvalidArgument("the entity rows have no column '" + name +
                                       "', a join key of feature view '" + view.view + "'",
                                   ErrorKind::kKeyError);
  }
  return Status::OK();
}

Result<EntityRows> EntityRows::Make(std::shared_ptr<arrow::Table> rows, std::string time_column) {
  const int at = rows->schema()->GetFieldIndex(time_column);
  if (at < 0) {
    return Status::InvalidArgument("Please provide an entity_df with a column named " +
                                   time_column + " representing the time of events.");
  }
  if (rows->num_rows() >= int64_t{std::numeric_limits<uint32_t>::max()}) {
    return Status::InvalidArgument("a training join takes fewer than 4,294,967,295 entity rows");
  }
  FEAST_ASSIGN_OR_RETURN(auto utc, AsUtc(rows->column(at), time_column));
  FEAST_ARROW_ASSIGN(rows, rows->SetColumn(at, arrow::field(time_column, utc->type()), utc));
  EntityRows out(std::move(rows), std::move(time_column));
  FEAST_ASSIGN_OR_RETURN(const auto times, out.Times(out.tick()));
  const int64_t per_micro = out.tick() == Tick::kNanos ? 1000 : 1;
  for (const int64_t time : times) {
    if (time == kNoTime) continue;
    const Micros at_micro = time / per_micro;
    auto& range = out.asked_range_;
    range = range ? std::pair(std::min(range->first, at_micro), std::max(range->second, at_micro))
                  : std::pair(at_micro, at_micro);
  }
  return out;
}

Tick EntityRows::tick() const { return TickOf(*table_->GetColumnByName(time_column_)->type()); }

Result<std::vector<int64_t>> EntityRows::Times(Tick tick) const {
  return TicksOf(*table_->GetColumnByName(time_column_), tick, time_column_);
}

Result<EntityRows::Side*> EntityRows::SideOf(const HistoricalView& view) {
  if (const auto found = sides_.find(view.entity_columns); found != sides_.end()) {
    return &found->second;
  }
  FEAST_RETURN_IF_ERROR(CheckEntityColumns(*table_->schema(), view));
  KeyColumns columns;
  for (const auto& name : view.entity_columns) columns.push_back(table_->GetColumnByName(name));
  Side side;
  FEAST_ASSIGN_OR_RETURN(side.keys,
                         side.index.Insert(columns, view.entity_columns, table_->num_rows()));
  return &sides_.emplace(view.entity_columns, std::move(side)).first->second;
}

Result<const EntityKeyIndex*> EntityRows::Keys(const HistoricalView& view) {
  FEAST_ASSIGN_OR_RETURN(const Side* side, SideOf(view));
  return &side->index;
}

Result<const AskedTimes*> EntityRows::Asked(const HistoricalView& view, Tick tick, size_t threads) {
  FEAST_ASSIGN_OR_RETURN(Side * side, SideOf(view));
  if (const auto found = side->asked.find(tick); found != side->asked.end()) {
    return &found->second;
  }
  FEAST_ASSIGN_OR_RETURN(const auto times, Times(tick));
  const auto made =
      side->asked.emplace(tick, AskedTimes(side->keys, times, side->index.size(), threads));
  return &made.first->second;
}

}  // namespace feast
