#include "feast/ingest/write_stream.h"

#include <algorithm>

#include "feast/ingest/row_encoder.h"
#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

bool HasAnyValue(const WriteBatch& batch) {
  return std::any_of(batch.features.begin(), batch.features.end(),
                     [](const EncodedColumn& column) { return !column.bytes.empty(); });
}

}  // namespace

Status TableWriter::Write(const CallContext& context, OwnedStream rows,
                          const std::function<void(int64_t)>& written) const {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(rows.get()));
  FEAST_ASSIGN_OR_RETURN(auto encoder, RowEncoder::Make(view, view.batch_source, table, key_version,
                                                        *schema.get(), stamp));
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(bool more, NextBatch(rows.get(), batch.get()));
    if (!more) return Status::OK();
    if (batch->length == 0) continue;
    FEAST_ASSIGN_OR_RETURN(auto encoded, encoder.Encode(*schema.get(), *batch.get()));
    if (skip_all_null && !HasAnyValue(*encoded)) continue;
    FEAST_RETURN_IF_ERROR(store.WriteAndWait(context, encoded));
    if (written) written(static_cast<int64_t>(encoded->rows()));
  }
}

}  // namespace feast
