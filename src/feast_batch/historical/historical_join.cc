#include "feast_batch/historical/historical_join.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/thread_pool.h>

#include <algorithm>
#include <future>
#include <limits>
#include <map>
#include <span>

#include "feast_batch/historical/range_entities.h"
#include "feast_batch/historical/time_window.h"
#include "feast_batch/historical/winner_values.h"
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

constexpr size_t kMaxThreads = 8;               // each holds 24 bytes an entity row
constexpr int64_t kFewRows = int64_t{1} << 15;  // not worth a thread

size_t Threads() { return std::clamp<size_t>(arrow::GetCpuThreadPoolCapacity(), 1, kMaxThreads); }

Status OfferRows(const arrow::Table& rows, const SourceRead& read, Tick tick,
                 const EntityKeyIndex& index, uint64_t first_row, AsOfJoin::Offers* offers) {
  EntityKeyIndex::Columns keys;
  for (const auto& name : read.join_keys) keys.push_back(rows.GetColumnByName(name));
  FEAST_ASSIGN_OR_RETURN(const auto ids, index.Find(keys, read.join_keys, rows.num_rows()));
  const auto times_of = [&](const std::string& name) {
    return TicksOf(*rows.GetColumnByName(name), tick, name);
  };
  FEAST_ASSIGN_OR_RETURN(const auto event, times_of(read.timestamp_column));
  std::vector<int64_t> created;
  if (!read.created_column.empty()) {
    FEAST_ASSIGN_OR_RETURN(created, times_of(read.created_column));
  }
  offers->Add(ids, event, created, first_row);
  return Status::OK();
}

// One share of the rows for each of `offers`, side by side.
Status OfferGroup(const arrow::Table& table, const SourceRead& read, Tick tick,
                  const EntityKeyIndex& index, uint64_t first_row,
                  std::span<AsOfJoin::Offers> offers) {
  const int64_t rows = table.num_rows();
  const auto shares = std::clamp<int64_t>(rows / kFewRows, 1, static_cast<int64_t>(offers.size()));
  const auto offer = [&](int64_t share) {
    const int64_t begin = rows * share / shares, end = rows * (share + 1) / shares;
    return OfferRows(*table.Slice(begin, end - begin), read, tick, index, first_row + begin,
                     &offers[share]);
  };
  std::vector<std::future<Status>> others;
  for (int64_t share = 1; share < shares; ++share) {
    others.push_back(std::async(std::launch::async, offer, share));
  }
  Status status = offer(0);
  for (auto& other : others) {
    if (Status theirs = other.get(); status.ok()) status = std::move(theirs);
  }
  return status;
}

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
  Result<const EntitySide*> SideOf(const HistoricalView& view);
  Result<std::vector<uint64_t>> Winners(const HistoricalView& view, RowSource& source);
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

Result<const EntitySide*> HistoricalJoin::SideOf(const HistoricalView& view) {
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
  FEAST_ASSIGN_OR_RETURN(const EntitySide* side, SideOf(view));
  const auto& asked = *entities_->GetColumnByName(time_name_);
  const SourceRead& read = view.read;
  Tick tick = Finer(TickOf(*asked.type()),
                    TickOf(*source.schema().GetFieldByName(read.timestamp_column)->type()));
  if (!read.created_column.empty()) {
    tick = Finer(tick, TickOf(*source.schema().GetFieldByName(read.created_column)->type()));
  }
  context_.EnterStage(Progress::Stage::kScanning);
  // 1. The time range that can matter at all.
  FEAST_ASSIGN_OR_RETURN(const auto times, TicksOf(asked, tick, time_name_));
  const int64_t per_micro = tick == Tick::kNanos ? 1000 : 1;
  int64_t lowest = std::numeric_limits<int64_t>::max(), highest = kNoTime;
  for (const int64_t time : times) {
    if (time == kNoTime) continue;
    lowest = std::min(lowest, time / per_micro);
    highest = std::max(highest, time / per_micro);
  }
  if (highest == kNoTime) return std::vector<uint64_t>(times.size(), kNoRow);
  const TimeWindow window = WindowOf(plan_, view, lowest, highest);
  AsOfOptions options;
  options.key_count = side->index.size();
  options.ttl = ToTicks(view.ttl, tick);
  const auto earliest = plan_.entity_timestamp.empty() ? plan_.start : std::nullopt;
  options.earliest = earliest ? ToTicks(*earliest, tick) : kNoTime;
  options.filter_by_created = plan_.filter_by_created_timestamp && !read.created_column.empty();
  // 2. Every row of the groups that may hold such times, a share of each group to each thread.
  const AsOfJoin join(side->keys, times, options);
  std::vector<AsOfJoin::Offers> offers(Threads(), AsOfJoin::Offers(join));
  GroupReader reader(context_, source,
                     GroupsInRange(source, read.timestamp_column, window.from, window.to),
                     DistinctNames({read.join_keys, {read.timestamp_column, read.created_column}}));
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const auto item, reader.Next());
    if (!item) return join.Finish(offers);
    const uint64_t first_row = source.groups()[item->group].first_row;
    FEAST_RETURN_IF_ERROR(OfferGroup(*item->table, read, tick, side->index, first_row, offers)
                              .Annotate(source.name()));
  }
}

// Second pass: the winners' values, in the order in which the source has them, then each to its
// entity rows.
Status HistoricalJoin::AddFeatures(const HistoricalView& view, RowSource& source,
                                   const std::vector<uint64_t>& winners) {
  FEAST_ASSIGN_OR_RETURN(
      const WinnerValues values,
      TakeWinners(context_, source, winners, DistinctNames({view.read.features})));
  for (size_t row = 0; row < winners.size(); ++row) {
    if (winners[row] != kNoRow) matched_[row] = true;
  }
  for (size_t f = 0; f < view.read.features.size(); ++f) {
    FEAST_ASSIGN_OR_RETURN(auto column, values.Column(view.read.features[f]));
    std::string name = view.output_names[f];
    if (entities_->schema()->GetFieldIndex(name) >= 0) name += "__";
    FEAST_ARROW_ASSIGN(out_,
                       out_->AddColumn(out_->num_columns(), arrow::field(name, column->type()),
                                       std::make_shared<arrow::ChunkedArray>(column)));
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
    FEAST_ASSIGN_OR_RETURN(auto source, open_(read));
    FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, read.timestamp_column));
    if (!read.created_column.empty()) {
      FEAST_RETURN_IF_ERROR(CheckTimeColumn(*source, read.created_column));
    }
    FEAST_RETURN_IF_ERROR(CheckColumns(*source, read.join_keys));
    FEAST_RETURN_IF_ERROR(CheckColumns(*source, read.features));
    auto winners = Winners(view, *source);
    if (!winners.ok()) return winners.status().Annotate("feature view '" + view.view + "'");
    FEAST_RETURN_IF_ERROR(AddFeatures(view, *source, *winners));
    if (Progress* progress = context_.progress()) progress->ViewDone();
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
