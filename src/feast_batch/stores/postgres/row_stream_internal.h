#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "feast_batch/stores/postgres/postgres_session_internal.h"
#include "feast_batch/stores/postgres/postgres_source.h"

namespace feast {

/// Starts a query and streams its rows in binary form. `columns` describe them. The session ends
/// with the stream, and with it the transaction.
///
/// With `beside`, its columns come first: the query must give one row for each of its rows.
Result<std::shared_ptr<arrow::RecordBatchReader>> StreamRows(
    std::unique_ptr<PostgresSession> session, const std::string& sql,
    const PostgresColumns& columns, std::shared_ptr<arrow::Table> beside = nullptr);

}  // namespace feast
