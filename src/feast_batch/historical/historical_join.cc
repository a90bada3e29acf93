#include "feast_batch/historical/historical_join.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>
#include <map>

#include "feast_batch/historical/range_entities.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/as_of_join.h"
#include "feast_batch/point_in_time/entity_key_index.h"
#include "feast_batch/point_in_time/event_times.h"

namespace feast {
namespace {

// The entity rows as one set of entity columns sees them; shared by the views that have it.
struct EntitySide {
  EntityKeyIndex index;
  std::vector<uint32_t> keys;
};

class HistoricalJoin {
 public:
  HistoricalJoin(const CallContext& context, const HistoricalPlan& plan,
                 std::shared_ptr<arrow::Table> entities, const OpenRows& open)
      : context_(context),
        plan_(plan),
        out_(std::move(entities)),
        entities_(out_),
        open_(open),
        time_name_(plan.entity_timestamp.empty() ? "event_timestamp" : plan.entity_timestamp),
        matched_(entities_->num_rows(), false) {}

  Result<std::shared_ptr<arrow::Table>> Run();

 private:
  Status CoerceTime();
  Result<EntitySide*> SideOf(const HistoricalView& view);
  Result<std::vector<uint64_t>> Winners(const HistoricalView& view, RowSource& source);
  Status Offer(const HistoricalView& view, RowSource& source, Tick tick, EntitySide* side,
               AsOfJoin* join);
  Status AddFeatures(const HistoricalView& view, RowSource& source,
                     const std::vector<uint64_t>& winners);
  Result<std::shared_ptr<arrow::Table>> OnlyMatched() const;

  const CallContext& context_;
  const HistoricalPlan& plan_;
  std::shared_ptr<arrow::Table> out_;
  std::shared_ptr<arrow::Table> entities_;
  const OpenRows& open_;
  const std::string time_name_;
  std::vector<bool> matched_;
  std::map<std::vector<std::string>, EntitySide> sides_;
};

Status HistoricalJoin::CoerceTime() {
  const int at = out_->schema()->GetFieldIndex(time_name_);
  if (at < 0) {
    return Status::InvalidArgument("Please provide an entity_df with a column named " + time_name_ +
                                   " representing the time of events.");
  }
  FEAST_ASSIGN_OR_RETURN(auto utc, AsUtc(out_->column(at), time_name_));
  FEAST_ARROW_ASSIGN(out_, out_->SetColumn(at, arrow::field(time_name_, utc->type()), utc));
  entities_ = out_;
  return Status::OK();
}

Result<EntitySide*> HistoricalJoin::SideOf(const HistoricalView& view) {
  if (const auto found = sides_.find(view.entity_columns); found != sides_.end()) {
    return &found->second;
  }
  EntityKeyIndex::Columns columns;
  for (const auto& name : view.entity_columns) {
    auto column = entities_->GetColumnByName(name);
    if (!column) {
      return Status::InvalidArgument("the entity rows have no column '" + name +
                                         "', a join key of feature view '" + view.view + "'",
                                     ErrorKind::kKeyError);
    }
    columns.push_back(std::move(column));
  }
  EntitySide side;
  FEAST_ASSIGN_OR_RETURN(side.keys,
                         side.index.Insert(columns, view.entity_columns, entities_->num_rows()));
  return &sides_.emplace(view.entity_columns, std::move(side)).first->second;
}

// First pass: key and time columns only.
Result<std::vector<uint64_t>> HistoricalJoin::Winners(const HistoricalView& view,
                                                      RowSource& source) {
  FEAST_ASSIGN_OR_RETURN(EntitySide * side, SideOf(view));
  const auto& asked = *entities_->GetColumnByName(time_name_);
  Tick tick = Finer(TickOf(*asked.type()),
                    TickOf(*source.schema().GetFieldByName(view.read.timestamp_column)->type()));
  if (!view.read.created_column.empty()) {
    tick = Finer(tick, TickOf(*source.schema().GetFieldByName(view.read.created_column)->type()));
  }
  FEAST_ASSIGN_OR_RETURN(const auto times, TicksOf(asked, tick, time_name_));
  AsOfOptions options;
  options.key_count = side->index.size();
  options.ttl = ToTicks(view.ttl, tick);
  options.filter_by_created =
      plan_.filter_by_created_timestamp && !view.read.created_column.empty();
  AsOfJoin join(side->keys, times, options);
  FEAST_RETURN_IF_ERROR(Offer(view, source, tick, side, &join));
  return std::move(join).Finish();
}

Status HistoricalJoin::Offer(const HistoricalView& view, RowSource& source, Tick tick,
                             EntitySide* side, AsOfJoin* join) {
  // 1. The time range that can matter at all.
  const auto& asked = *entities_->GetColumnByName(time_name_);
  FEAST_ASSIGN_OR_RETURN(const auto times, TicksOf(asked, tick, time_name_));
  const int64_t per_micro = tick == Tick::kNanos ? 1000 : 1;
  int64_t lowest = std::numeric_limits<int64_t>::max(), highest = kNoTime;
  for (const int64_t time : times) {
    if (time == kNoTime) continue;
    lowest = std::min(lowest, time / per_micro);
    highest = std::max(highest, time / per_micro + 1);
  }
  if (highest == kNoTime) return Status::OK();
  std::optional<Micros> from = plan_.entity_timestamp.empty() ? plan_.start : std::nullopt;
  const int64_t earliest = from ? ToTicks(*from, tick) : kNoTime;
  int64_t oldest;
  if (view.ttl > 0 && !__builtin_sub_overflow(lowest, view.ttl + 1, &oldest)) {
    from = from ? std::max(*from, oldest) : oldest;
  }
  // 2. Every row of the groups that may hold such times.
  const SourceRead& read = view.read;
  const auto columns =
      DistinctNames({read.join_keys, {read.timestamp_column, read.created_column}});
  GroupReader reader(context_, source, GroupsInRange(source, read.timestamp_column, from, highest),
                     columns);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const auto item, reader.Next());
    if (!item) return Status::OK();
    const auto& table = *item->table;
    EntityKeyIndex::Columns keys;
    for (const auto& name : read.join_keys) keys.push_back(table.GetColumnByName(name));
    auto ids = side->index.Find(keys, read.join_keys, table.num_rows());
    if (!ids.ok()) return ids.status().Annotate(source.name());
    FEAST_ASSIGN_OR_RETURN(const auto event, TicksOf(*table.GetColumnByName(read.timestamp_column),
                                                     tick, read.timestamp_column));
    std::vector<int64_t> created;
    if (!read.created_column.empty()) {
      FEAST_ASSIGN_OR_RETURN(
          created, TicksOf(*table.GetColumnByName(read.created_column), tick, read.created_column));
    }
    const uint64_t first_row = source.groups()[item->group].first_row;
    for (size_t i = 0; i < ids->size(); ++i) {
      if (event[i] < earliest) continue;
      join->Offer((*ids)[i], event[i], created.empty() ? kNoTime : created[i], first_row + i);
    }
  }
}

// Second pass: the winners' feature values, then one look-up an entity row.
Status HistoricalJoin::AddFeatures(const HistoricalView& view, RowSource& source,
                                   const std::vector<uint64_t>& winners) {
  std::vector<uint64_t> rows;
  for (const uint64_t row : winners) {
    if (row != kNoRow) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  const auto columns = DistinctNames({view.read.features});
  FEAST_ASSIGN_OR_RETURN(auto values, TakeRows(context_, source, rows, columns));
  FEAST_ARROW_ASSIGN(values, values->CombineChunks());

  arrow::Int64Builder builder;
  FEAST_ARROW_RETURN_IF_ERROR(builder.Reserve(winners.size()));
  for (size_t i = 0; i < winners.size(); ++i) {
    if (winners[i] == kNoRow) {
      builder.UnsafeAppendNull();
    } else {
      matched_[i] = true;
      builder.UnsafeAppend(std::lower_bound(rows.begin(), rows.end(), winners[i]) - rows.begin());
    }
  }
  FEAST_ARROW_ASSIGN(auto indices, builder.Finish());
  for (size_t f = 0; f < view.read.features.size(); ++f) {
    const auto column = values->GetColumnByName(view.read.features[f]);
    std::shared_ptr<arrow::ChunkedArray> taken;
    if (rows.empty()) {
      FEAST_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(column->type(), winners.size()));
      taken = std::make_shared<arrow::ChunkedArray>(nulls);
    } else {
      FEAST_ARROW_ASSIGN(auto result, arrow::compute::Take(arrow::Datum(column), indices));
      taken = result.chunked_array();
    }
    std::string name = view.output_names[f];
    if (entities_->schema()->GetFieldIndex(name) >= 0) name += "__";
    FEAST_ARROW_ASSIGN(
        out_, out_->AddColumn(out_->num_columns(), arrow::field(name, taken->type()), taken));
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Table>> HistoricalJoin::OnlyMatched() const {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < matched_.size(); ++row) {
    if (matched_[row]) rows.push_back(row);
  }
  if (rows.size() == matched_.size()) return out_;
  const auto indices = RowIndices(std::move(rows));
  FEAST_ARROW_ASSIGN(auto taken, arrow::compute::Take(out_, indices));
  return taken.table();
}

Result<std::shared_ptr<arrow::Table>> HistoricalJoin::Run() {
  FEAST_RETURN_IF_ERROR(CoerceTime());
  for (const auto& view : plan_.views) {
    const SourceRead& read = view.read;
    if (view.output_names.size() != read.features.size() ||
        view.entity_columns.size() != read.join_keys.size()) {
      return Status::Internal("the plan for feature view '" + view.view + "' is uneven");
    }
    FEAST_ASSIGN_OR_RETURN(auto source, open_(read.source));
    FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, read.timestamp_column));
    if (!read.created_column.empty()) {
      FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, read.created_column));
    }
    FEAST_RETURN_IF_ERROR(CheckColumns(*source, read.join_keys));
    FEAST_RETURN_IF_ERROR(CheckColumns(*source, read.features));
    auto winners = Winners(view, *source);
    if (!winners.ok()) return winners.status().Annotate("feature view '" + view.view + "'");
    FEAST_RETURN_IF_ERROR(AddFeatures(view, *source, *winners));
  }
  if (plan_.entity_timestamp.empty()) return OnlyMatched();
  return out_;
}

}  // namespace

Result<std::shared_ptr<arrow::Table>> JoinHistorical(const CallContext& context,
                                                     const HistoricalPlan& plan,
                                                     std::shared_ptr<arrow::Table> entities,
                                                     const OpenRows& open) {
  if (plan.entity_timestamp.empty()) {
    FEAST_ASSIGN_OR_RETURN(entities, RangeEntities(context, plan, open));
  }
  return HistoricalJoin(context, plan, std::move(entities), open).Run();
}

}  // namespace feast
