#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "feast/online/online_store.h"

namespace feast {

struct Libpq;
class PostgresClient;

/// A batch in the order in which it is written: rows by their keys, so that writers who meet lock
/// rows in one order and each page of the indexes is visited once; of rows with one key only the
/// one that stays. Immutable.
struct PostgresWritePlan {
  explicit PostgresWritePlan(std::shared_ptr<const WriteBatch> batch);

  std::shared_ptr<const WriteBatch> batch;
  std::vector<size_t> rows;
  std::vector<size_t> features;
};

/// Writes the batch, a few thousand values a statement and transaction, with a bounded number of
/// statements under way; skips what is stored with a later event time. On the client's loop.
void WriteRows(PostgresClient& client, const Libpq& libpq, const std::string& where,
               const CallContext& context, PostgresWritePlan plan, size_t max_under_way,
               WriteDone done);

}  // namespace feast
