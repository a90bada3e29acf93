#pragma once
#include <string_view>
#include <vector>

#include "feast/base/result.h"
#include "feast/types/arrow_c.h"

namespace feast {

/// The schema of a stream. Internal with the producer's message when it fails.
Result<OwnedSchema> SchemaOfStream(ArrowArrayStream* stream);

/// Reads the next batch into `out` (released first if it holds one). False at the end of the
/// stream. Internal with the producer's message when it fails.
Result<bool> NextBatch(ArrowArrayStream* stream, ArrowArray* out);

/// A stream over batches held in memory; it owns them and the schema. Every batch must have the
/// layout that `schema` (a struct) describes.
OwnedStream StreamOfBatches(OwnedSchema schema, std::vector<OwnedArray> batches);

/// A stream of one batch made of those columns, each with its schema (which names it) and `rows`
/// values.
Result<OwnedStream> StreamOfColumns(std::vector<OwnedSchema> schemas,
                                    std::vector<OwnedArray> arrays, int64_t rows);

/// A deep copy of a schema. Internal when memory runs out.
Result<OwnedSchema> CopySchema(const ArrowSchema& schema);

/// Position of the column of that name in a struct schema, or -1.
int64_t ColumnIndex(const ArrowSchema& schema, std::string_view name);

}  // namespace feast
