#pragma once
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast_batch/stores/postgres/column_types.h"
#include "feast_batch/stores/postgres/postgres_session_internal.h"

namespace feast {

/// Sends columns of equal length as the data of a binary COPY that was started, from header to end.
/// Each has the Arrow type that its SendingType says. What was sent before an error counts for
/// nothing: the transaction is over.
Status SendColumns(PostgresSession& session,
                   const std::vector<std::shared_ptr<arrow::ChunkedArray>>& columns,
                   const std::vector<SendingType>& types);

/// The same for columns that come in batches. Thread-compatible.
class CopySender {
 public:
  CopySender(PostgresSession& session, std::vector<SendingType> types);
  Status Send(const std::vector<std::shared_ptr<arrow::ChunkedArray>>& columns);
  Status Finish();

 private:
  PostgresSession& session_;
  const std::vector<SendingType> types_;
  std::string buffer_;
};

}  // namespace feast
