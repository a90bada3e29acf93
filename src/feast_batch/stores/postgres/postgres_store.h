#pragma once
#include <memory>
#include <string>

#include "feast/config/settings.h"
#include "feast/offline/batch_module.h"

namespace feast {

/// `type: postgres`: tables and queries of a PostgreSQL server. It joins, filters and picks the
/// newest rows itself; rows travel in binary form, straight into and out of Arrow columns.
///
/// Thread-safe: each call has a connection of its own, a stream keeps its until it ends.
/// FeastConfigError if `options` are wrong; the server is first asked by the first call.
Result<std::unique_ptr<OfflineStore>> OpenPostgresStore(const std::string& type,
                                                        const Setting& options,
                                                        const OfflineStoreEnv& env);

}  // namespace feast
