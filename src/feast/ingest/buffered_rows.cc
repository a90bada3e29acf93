#include "feast/ingest/buffered_rows.h"

#include <utility>

#include "feast/types/arrow_stream.h"

namespace feast {
namespace {

// A view of `batch` that keeps `owner` alive until it is released.
OwnedArray SharedView(const ArrowArray& batch, std::shared_ptr<const void> owner) {
  ArrowArray view = batch;
  view.private_data = new std::shared_ptr<const void>(std::move(owner));
  view.release = [](ArrowArray* array) {
    delete static_cast<std::shared_ptr<const void>*>(array->private_data);
    array->release = nullptr;
  };
  return OwnedArray(&view);
}

}  // namespace

Result<BufferedRows> BufferedRows::Read(OwnedStream rows) {
  auto content = std::make_shared<Content>();
  FEAST_ASSIGN_OR_RETURN(content->schema, SchemaOfStream(rows.get()));
  while (true) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(rows.get(), batch.get()));
    if (!more) break;
    content->batches.push_back(std::move(batch));
  }
  BufferedRows out;
  out.content_ = std::move(content);
  return out;
}

Result<OwnedStream> BufferedRows::Replay() const {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, CopySchema(*content_->schema.get()));
  std::vector<OwnedArray> batches;
  batches.reserve(content_->batches.size());
  for (const OwnedArray& batch : content_->batches) {
    batches.push_back(SharedView(*batch.get(), content_));
  }
  return StreamOfBatches(std::move(schema), std::move(batches));
}

}  // namespace feast
