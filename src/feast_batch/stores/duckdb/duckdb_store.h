#pragma once
#include <memory>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"
#include "feast/offline/offline_store.h"

namespace feast {

/// The store of `type: duckdb`: what DuckDB reads, joined by our own as-of join, so that the rows
/// are those of every other store. Local Parquet goes through our own reader (`native.duckdb`
/// can say otherwise). FeastConfigError for wrong settings.
Result<std::unique_ptr<OfflineStore>> OpenDuckDbStore(const std::string& type,
                                                      const Setting& options,
                                                      const OfflineStoreEnv& env);

}  // namespace feast
