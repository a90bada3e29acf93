#pragma once
#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "feast/base/result.h"
#include "feast/offline/offline_store.h"
#include "feast_batch/point_in_time/as_of_join.h"
#include "feast_batch/point_in_time/entity_key_index.h"
#include "feast_batch/point_in_time/event_times.h"

namespace feast {

/// KeyError, naming column and view, unless the entity rows have the columns of the view's keys.
Status CheckEntityColumns(const arrow::Schema& entities, const HistoricalView& view);

/// The entity rows of a training join, and what views with the same entity columns share: key ids
/// and asking times. Thread-compatible; what it hands out lives as long as it and is immutable.
class EntityRows {
 public:
  /// The time column comes out with zone UTC. InvalidArgument, with upstream's text, without it;
  /// also for 2^32 - 1 rows and more.
  static Result<EntityRows> Make(std::shared_ptr<arrow::Table> rows, std::string time_column);

  const std::shared_ptr<arrow::Table>& table() const { return table_; }
  /// The unit of the time column.
  Tick tick() const;
  /// The first and the last microsecond that is asked for; none if there is none.
  const std::optional<std::pair<Micros, Micros>>& asked_range() const { return asked_range_; }

  /// Numbers of the keys under those entity columns; errors of CheckEntityColumns.
  Result<const EntityKeyIndex*> Keys(const HistoricalView& view);
  /// When each of those keys is asked for, in that unit.
  Result<const AskedTimes*> Asked(const HistoricalView& view, Tick tick, size_t threads);

 private:
  struct Side {
    EntityKeyIndex index;
    std::vector<uint32_t> keys;
    std::map<Tick, AskedTimes> asked;
  };
  EntityRows(std::shared_ptr<arrow::Table> table, std::string time_column)
      : table_(std::move(table)), time_column_(std::move(time_column)) {}
  Result<Side*> SideOf(const HistoricalView& view);
  Result<std::vector<int64_t>> Times(Tick tick) const;

  std::shared_ptr<arrow::Table> table_;
  std::string time_column_;
  std::optional<std::pair<Micros, Micros>> asked_range_;
  std::map<std::vector<std::string>, Side> sides_;  // by entity columns
};

}  // namespace feast
