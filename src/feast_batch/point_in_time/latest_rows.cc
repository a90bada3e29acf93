#include "feast_batch/point_in_time/latest_rows.h"

#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <tuple>

#include "feast_batch/point_in_time/entity_key_index.h"
#include "feast_batch/point_in_time/event_times.h"

namespace feast {
namespace {

struct Newest {
  int64_t time;
  int64_t created;
  uint64_t row;
};

constexpr Newest kNone{kNoTime, kNoTime, kNoRow};

// Keeps the newest row of each key id, and of the null keys.
class NewestRows {
 public:
  void Offer(uint32_t id, const Newest& row) {
    if (id != kNoKey && id >= of_key_.size()) of_key_.resize(id + 1, kNone);
    Newest& best = id == kNoKey ? null_key_ : of_key_[id];
    if (best.row == kNoRow ||
        std::tie(row.time, row.created, row.row) > std::tie(best.time, best.created, best.row)) {
      best = row;
    }
  }
  std::vector<uint64_t> Rows(bool with_null_keys) const {
    std::vector<uint64_t> rows;
    for (const auto& best : of_key_) {
      if (best.row != kNoRow) rows.push_back(best.row);
    }
    if (with_null_keys && null_key_.row != kNoRow) rows.push_back(null_key_.row);
    std::sort(rows.begin(), rows.end());
    return rows;
  }

 private:
  std::vector<Newest> of_key_;
  Newest null_key_ = kNone;
};

// The key columns of rows and their names, for the key index.
KeyColumns ColumnsOf(const arrow::RecordBatch& rows, const std::vector<std::string>& names) {
  KeyColumns columns;
  for (const auto& name : names) columns.push_back(ChunkedColumn(rows, name));
  return columns;
}

}  // namespace

Result<std::vector<uint64_t>> LatestRowPerKey(const CallContext& context, RowSource& source,
                                              const LatestQuery& query) {
  const auto columns =
      DistinctNames({query.join_keys, {query.timestamp_column, query.created_column}});
  const auto& schema = source.schema();
  const Tick tick = TickOf(*schema.GetFieldByName(query.timestamp_column)->type());
  const TickRange range = TickRange::Of(query.start, query.end, tick);
  EntityKeyIndex index;
  NewestRows newest;
  RowReader reader(context, source,
                   GroupsInRange(source, query.timestamp_column, query.start, query.end), columns);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const auto item, reader.Next());
    if (!item) break;
    const auto& rows = *item->rows;
    FEAST_ASSIGN_OR_RETURN(const auto ids, index.Insert(ColumnsOf(rows, query.join_keys),
                                                        query.join_keys, rows.num_rows()));
    FEAST_ASSIGN_OR_RETURN(const auto times, TicksOf(*ChunkedColumn(rows, query.timestamp_column),
                                                     tick, query.timestamp_column));
    std::vector<int64_t> created(times.size(), kNoTime);
    if (!query.created_column.empty()) {
      const auto column = ChunkedColumn(rows, query.created_column);
      FEAST_ASSIGN_OR_RETURN(created,
                             TicksOf(*column, TickOf(*column->type()), query.created_column));
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!range.Has(times[i])) continue;
      newest.Offer(ids[i], Newest{times[i], created[i], item->first_row + i});
    }
  }
  return newest.Rows(query.keep_null_keys);
}

}  // namespace feast
