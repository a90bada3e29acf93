#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast/offline/offline_store.h"
#include "feast/postgres/postgres_server.h"

namespace feast {

/// The stream of a pull: join keys, features, time and created columns (each once). Filtering and
/// the choice of the newest rows are the server's; memory here is one batch. The stream keeps a
/// connection until it ends.
Result<std::shared_ptr<arrow::RecordBatchReader>> PullFromPostgres(
    const CallContext& context, const std::shared_ptr<const PostgresServer>& server,
    const PullPlan& plan);

/// Appends rows to the table of a source, all or none. InvalidArgument unless the columns are the
/// table's, in any order, and the values fit; Unimplemented for queries.
Status AppendToPostgres(const CallContext& context,
                        const std::shared_ptr<const PostgresServer>& server,
                        const core::DataSource& source, arrow::RecordBatchReader& rows);

/// Makes the table of a saved dataset. It appears when it is complete; with `allow_overwrite` it
/// takes the place of a table of that name, else that is AlreadyExists.
Status PersistToPostgres(const CallContext& context,
                         const std::shared_ptr<const PostgresServer>& server,
                         const std::string& table, bool allow_overwrite,
                         arrow::RecordBatchReader& rows);

}  // namespace feast
