#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "feast/base/call_context.h"
#include "feast/base/result.h"
#include "feast/definitions/view_facts.h"
#include "feast/ingest/ingest.h"
#include "feast/online/online_store.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// Writes streams of rows into the table of one view.
///
/// Thread-compatible; borrows the store and the view. Each writer holds two batches: one is
/// encoded while its last one is written.
struct TableWriter {
  OnlineStore& store;
  const ViewFacts& view;
  std::shared_ptr<const OnlineTable> table;
  int key_version = 3;
  bool skip_all_null = false;         ///< as upstream: a batch without any value is not written
  std::optional<Micros> stamp{};      ///< event and created time of every row, if not the rows' own
  std::optional<int64_t> max_rows{};  ///< of one write; larger batches are written in parts
  int writers = 1;  ///< threads that share the batches: only for rows of different entities

  /// Encodes and writes batch by batch, and tells `written` each one that the store has, one call
  /// at a time. Errors are those of RowEncoder, of the store and of `written`.
  Status Write(const CallContext& context, OwnedStream rows, const BatchWritten& written) const;
};

}  // namespace feast
