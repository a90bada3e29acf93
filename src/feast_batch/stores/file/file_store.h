#pragma once
#include <memory>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"
#include "feast/offline/offline_store.h"

namespace feast {

/// The store of `type: file` (and `dask`): Parquet files and folders, relative to the repo's
/// folder or in an object store (file_places.h).
Result<std::unique_ptr<OfflineStore>> OpenFileStore(const std::string& type, const Setting& options,
                                                    const OfflineStoreEnv& env);

}  // namespace feast
