#include "feast/types/arrow_stream.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "feast/base/file_error.h"

namespace feast {
namespace {

// What a stream of StreamOver holds.
struct Served {
  std::unique_ptr<BatchSource> source;
  Status failure;  // the last one

  int Fail(Status status) {
    failure = std::move(status);
    return ErrorNumberOf(failure);
  }
};

Served* ServedBy(ArrowArrayStream* stream) { return static_cast<Served*>(stream->private_data); }

int ServedSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto schema = ServedBy(stream)->source->Schema();
  if (!schema.ok()) return ServedBy(stream)->Fail(schema.status());
  *out = schema->Take();
  return 0;
}

int ServedNext(ArrowArrayStream* stream, ArrowArray* out) {
  auto batch = ServedBy(stream)->source->Next();
  if (!batch.ok()) return ServedBy(stream)->Fail(batch.status());
  *out = batch->Take();
  return 0;
}

const char* ServedError(ArrowArrayStream* stream) {
  const Status& failure = ServedBy(stream)->failure;
  return failure.ok() ? nullptr : failure.message().c_str();
}

void ServedRelease(ArrowArrayStream* stream) {
  delete ServedBy(stream);
  stream->private_data = nullptr;
  stream->release = nullptr;
}

Status FailureOf(ArrowArrayStream* stream, int code) {
  if (stream->get_last_error == ServedError) return ServedBy(stream)->failure;
  const char* message = stream->get_last_error ? stream->get_last_error(stream) : nullptr;
  return StreamFailure(
      code, std::string("reading an Arrow stream: ") + (message ? message : std::strerror(code)));
}

class HeldBatches final : public BatchSource {
 public:
  HeldBatches(OwnedSchema schema, std::vector<OwnedArray> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}
  Result<OwnedSchema> Schema() override { return CopySchema(*schema_.get()); }
  Result<OwnedArray> Next() override {
    return next_ < batches_.size() ? std::move(batches_[next_++]) : OwnedArray();
  }

 private:
  const OwnedSchema schema_;
  std::vector<OwnedArray> batches_;
  size_t next_ = 0;
};

class KeepingSource final : public BatchSource {
 public:
  KeepingSource(OwnedStream stream, std::shared_ptr<const void> alive)
      : alive_(std::move(alive)), stream_(std::move(stream)) {}
  Result<OwnedSchema> Schema() override { return SchemaOfStream(stream_.get()); }
  Result<OwnedArray> Next() override {
    OwnedArray batch;
    FEAST_RETURN_IF_ERROR(NextBatch(stream_.get(), batch.get()).status());
    return batch;
  }

 private:
  const std::shared_ptr<const void> alive_;
  OwnedStream stream_;  // goes first
};

}  // namespace

Result<OwnedSchema> SchemaOfStream(ArrowArrayStream* stream) {
  if (!stream->release) return Status::Internal("the Arrow stream is already released");
  OwnedSchema schema;
  const int code = stream->get_schema(stream, schema.get());
  if (code != 0) return FailureOf(stream, code);
  return schema;
}

Result<bool> NextBatch(ArrowArrayStream* stream, ArrowArray* out) {
  if (!stream->release) return Status::Internal("the Arrow stream is already released");
  if (out->release) out->release(out);
  *out = ArrowArray{};
  const int code = stream->get_next(stream, out);
  if (code != 0) return FailureOf(stream, code);
  return out->release != nullptr;
}

OwnedStream StreamOver(std::unique_ptr<BatchSource> source) {
  OwnedStream stream;
  stream->get_schema = ServedSchema;
  stream->get_next = ServedNext;
  stream->get_last_error = ServedError;
  stream->release = ServedRelease;
  stream->private_data = new Served{std::move(source), Status::OK()};
  return stream;
}

OwnedStream StreamOfBatches(OwnedSchema schema, std::vector<OwnedArray> batches) {
  return StreamOver(std::make_unique<HeldBatches>(std::move(schema), std::move(batches)));
}

OwnedStream StreamKeeping(OwnedStream stream, std::shared_ptr<const void> alive) {
  return StreamOver(std::make_unique<KeepingSource>(std::move(stream), std::move(alive)));
}

int ErrorNumberOf(const Status& failure) {
  if (failure.kind() == ErrorKind::kFileNotFound) return ENOENT;
  if (failure.kind() == ErrorKind::kPermissionError) return EACCES;
  switch (failure.code()) {
    case StatusCode::kCancelled:
      return ECANCELED;
    case StatusCode::kDeadlineExceeded:
      return ETIMEDOUT;
    case StatusCode::kNotFound:
      return ENOENT;
    case StatusCode::kAlreadyExists:
      return EEXIST;
    case StatusCode::kPermissionDenied:
    case StatusCode::kUnauthenticated:
      return EACCES;
    case StatusCode::kResourceExhausted:
      return failure.kind() == ErrorKind::kOsError ? ENOSPC : ENOMEM;
    case StatusCode::kAborted:
      return EAGAIN;
    case StatusCode::kUnimplemented:
      return ENOSYS;
    case StatusCode::kDataLoss:
      return EBADMSG;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return EINVAL;
    case StatusCode::kOk:
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kUnavailable:
      return EIO;
  }
  return EIO;
}

Status StreamFailure(int error_number, const std::string& message) {
  switch (error_number) {
    case EINVAL:
    case EDOM:
    case ERANGE:
      return Status::InvalidArgument(message);
    case ECANCELED:
      return Status::Cancelled(message);
    case ETIMEDOUT:
      return Status::DeadlineExceeded(message);
    case EEXIST:
      return Status::AlreadyExists(message);
    case EAGAIN:
      return {StatusCode::kAborted, message};
    case ENOMEM:
      return Status::ResourceExhausted(message);
    case ENOSYS:
      return Status::Unimplemented(message);
    case EBADMSG:
      return Status::DataLoss(message);
    default:
      return FileFailure(message, error_number);
  }
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
