#pragma once
#include <string>
#include <vector>

#include "feast/app/feature_store.h"
#include "feast/offline/explanation.h"
#include "feast/types/arrow_c.h"

namespace feast::cmd {

/// Where entity rows come from; at most one of them.
struct EntityRowsFrom {
  std::string json;  ///< list of objects with an event_timestamp
  std::string file;  ///< Parquet or CSV
  std::string sql;   ///< a query in the offline store's SQL
};

/// Entity rows and what is known of them. An empty stream: none were given.
struct EntityRows {
  OwnedStream rows;
  std::vector<std::string> columns;
  std::string event_time;  ///< their column of times
  EntityFacts facts;
};

/// Reads them, all into memory. InvalidArgument when more than one is given, or the rows have
/// neither a column event_timestamp nor exactly one column of times.
Result<EntityRows> ReadEntityRows(FeatureStore& store, const CallContext& context,
                                  const EntityRowsFrom& from);

}  // namespace feast::cmd
