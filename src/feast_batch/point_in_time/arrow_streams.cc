#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include "feast/types/arrow_stream.h"
#include "feast_batch/point_in_time/arrow_streams_internal.h"

namespace feast {
namespace {

class ReaderBatches final : public BatchSource {
 public:
  explicit ReaderBatches(std::shared_ptr<arrow::RecordBatchReader> reader)
      : reader_(std::move(reader)) {}

  Result<OwnedSchema> Schema() override {
    return Guarded([&]() -> Result<OwnedSchema> {
      OwnedSchema schema;
      FEAST_ARROW_RETURN_IF_ERROR(arrow::ExportSchema(*reader_->schema(), schema.get()));
      return schema;
    });
  }

  Result<OwnedArray> Next() override {
    return Guarded([&]() -> Result<OwnedArray> {
      std::shared_ptr<arrow::RecordBatch> batch;
      FEAST_ARROW_RETURN_IF_ERROR(reader_->ReadNext(&batch));
      OwnedArray array;
      if (batch) FEAST_ARROW_RETURN_IF_ERROR(arrow::ExportRecordBatch(*batch, array.get()));
      return array;
    });
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> reader_;
};

class StreamReader final : public arrow::RecordBatchReader {
 public:
  StreamReader(OwnedStream stream, std::shared_ptr<arrow::Schema> schema)
      : stream_(std::move(stream)), schema_(std::move(schema)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    out->reset();
    OwnedArray array;
    const auto more = NextBatch(stream_.get(), array.get());
    if (!more.ok()) return ToArrow(more.status());
    if (!*more) return arrow::Status::OK();
    return arrow::ImportRecordBatch(array.get(), schema_).Value(out);
  }

 private:
  OwnedStream stream_;
  const std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

OwnedStream ExportStream(std::shared_ptr<arrow::RecordBatchReader> reader) {
  return StreamOver(std::make_unique<ReaderBatches>(std::move(reader)));
}

Result<std::shared_ptr<arrow::RecordBatchReader>> ImportStream(OwnedStream stream) {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(stream.get()));
  FEAST_ARROW_ASSIGN(auto imported, arrow::ImportSchema(schema.get()));
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<StreamReader>(std::move(stream), std::move(imported)));
}

}  // namespace feast
