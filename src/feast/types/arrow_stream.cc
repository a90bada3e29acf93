#include "feast/types/arrow_stream.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace feast {
namespace {

Status StreamFailure(ArrowArrayStream* stream, int code) {
  const char* message = stream->get_last_error ? stream->get_last_error(stream) : nullptr;
  return Status::Internal(std::string("reading an Arrow stream: ") +
                          (message ? message : std::strerror(code)));
}

struct HeldBatches {
  OwnedSchema schema;
  std::vector<OwnedArray> batches;
  size_t next = 0;
};

int HeldSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto* held = static_cast<HeldBatches*>(stream->private_data);
  return ArrowSchemaDeepCopy(held->schema.get(), out);
}

int HeldNext(ArrowArrayStream* stream, ArrowArray* out) {
  auto* held = static_cast<HeldBatches*>(stream->private_data);
  *out = held->next < held->batches.size() ? held->batches[held->next++].Take() : ArrowArray{};
  return 0;
}

const char* HeldLastError(ArrowArrayStream*) { return nullptr; }

void HeldRelease(ArrowArrayStream* stream) {
  delete static_cast<HeldBatches*>(stream->private_data);
  stream->private_data = nullptr;
  stream->release = nullptr;
}

}  // namespace

Result<OwnedSchema> SchemaOfStream(ArrowArrayStream* stream) {
  if (!stream->release) return Status::Internal("the Arrow stream is already released");
  OwnedSchema schema;
  const int code = stream->get_schema(stream, schema.get());
  if (code != 0) return StreamFailure(stream, code);
  return schema;
}

Result<bool> NextBatch(ArrowArrayStream* stream, ArrowArray* out) {
  if (!stream->release) return Status::Internal("the Arrow stream is already released");
  if (out->release) out->release(out);
  *out = ArrowArray{};
  const int code = stream->get_next(stream, out);
  if (code != 0) return StreamFailure(stream, code);
  return out->release != nullptr;
}

OwnedStream StreamOfBatches(OwnedSchema schema, std::vector<OwnedArray> batches) {
  auto held = std::make_unique<HeldBatches>();
  held->schema = std::move(schema);
  held->batches = std::move(batches);
  OwnedStream stream;
  stream->get_schema = HeldSchema;
  stream->get_next = HeldNext;
  stream->get_last_error = HeldLastError;
  stream->release = HeldRelease;
  stream->private_data = held.release();
  return stream;
}

Result<OwnedStream> StreamOfColumns(std::vector<OwnedSchema> schemas,
                                    std::vector<OwnedArray> arrays, int64_t rows) {
  const auto columns = static_cast<int64_t>(schemas.size());
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  OwnedArray batch;
  if (ArrowSchemaSetTypeStruct(schema.get(), columns) != NANOARROW_OK ||
      ArrowArrayInitFromType(batch.get(), NANOARROW_TYPE_STRUCT) != NANOARROW_OK ||
      ArrowArrayAllocateChildren(batch.get(), columns) != NANOARROW_OK) {
    return Status::ResourceExhausted("out of memory for a batch of columns");
  }
  for (int64_t i = 0; i < columns; ++i) {
    ArrowSchemaRelease(schema->children[i]);
    ArrowSchemaMove(schemas[static_cast<size_t>(i)].get(), schema->children[i]);
    ArrowArrayMove(arrays[static_cast<size_t>(i)].get(), batch->children[i]);
  }
  batch->length = rows;
  batch->null_count = 0;
  std::vector<OwnedArray> batches;
  batches.push_back(std::move(batch));
  return StreamOfBatches(std::move(schema), std::move(batches));
}

Result<OwnedSchema> CopySchema(const ArrowSchema& schema) {
  OwnedSchema copy;
  const int code = ArrowSchemaDeepCopy(&schema, copy.get());
  if (code != 0) return Status::Internal(std::string("copying a schema: ") + std::strerror(code));
  return copy;
}

int64_t ColumnIndex(const ArrowSchema& schema, std::string_view name) {
  for (int64_t i = 0; i < schema.n_children; ++i) {
    if (schema.children[i]->name && name == schema.children[i]->name) return i;
  }
  return -1;
}

}  // namespace feast
