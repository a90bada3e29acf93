#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/stores/postgres/copy_decoder_internal.h"
#include "feast_batch/stores/postgres/row_stream_internal.h"

namespace feast {
namespace {

// So many rows or bytes a batch, whatever comes first.
constexpr int64_t kBatchRows = int64_t{1} << 16;
constexpr size_t kBatchBytes = size_t{1} << 25;

class RowStream final : public arrow::RecordBatchReader {
 public:
  RowStream(std::unique_ptr<PostgresSession> session, const PostgresColumns& columns,
            std::shared_ptr<arrow::Table> beside)
      : session_(std::move(session)),
        decoder_(columns.names, columns.types),
        beside_(std::move(beside)) {
    arrow::FieldVector fields;
    if (beside_) fields = beside_->schema()->fields();
    for (size_t at = 0; at < columns.names.size(); ++at) {
      fields.push_back(arrow::field(columns.names[at], ArrowTypeOf(columns.types[at])));
    }
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    out->reset();
    if (!session_) return arrow::Status::OK();
    auto batch = Next();
    if (!batch.ok()) {
      session_.reset();
      return ToArrow(batch.status());
    }
    *out = *std::move(batch);
    return arrow::Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    size_t bytes = 0;
    bool at_end = false;
    while (decoder_.rows() < kBatchRows && bytes < kBatchBytes) {
      FEAST_ASSIGN_OR_RETURN(const auto data, session_->Receive());
      at_end = !data;
      if (at_end) break;
      bytes += data->size();
      FEAST_RETURN_IF_ERROR(decoder_.Append(*data).Annotate(session_->where()));
    }
    const int64_t rows = decoder_.rows();
    FEAST_ASSIGN_OR_RETURN(auto arrays, decoder_.Finish());
    if (at_end) {
      session_.reset();
      if (beside_ && given_ + rows != beside_->num_rows()) {
        return Status::Internal("PostgreSQL gave features for " + std::to_string(given_ + rows) +
                                " of " + std::to_string(beside_->num_rows()) + " entity rows");
      }
      if (rows == 0) return std::shared_ptr<arrow::RecordBatch>();
    }
    if (beside_) {
      FEAST_ARROW_ASSIGN(const auto part, beside_->Slice(given_, rows)->CombineChunksToBatch());
      arrays.insert(arrays.begin(), part->columns().begin(), part->columns().end());
    }
    given_ += rows;
    return arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
  }

  std::unique_ptr<PostgresSession> session_;  // null once all is read
  CopyDecoder decoder_;
  const std::shared_ptr<arrow::Table> beside_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t given_ = 0;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> StreamRows(
    std::unique_ptr<PostgresSession> session, const std::string& sql,
    const PostgresColumns& columns, std::shared_ptr<arrow::Table> beside) {
  FEAST_RETURN_IF_ERROR(session->StartReceiving("COPY (" + sql + ") TO STDOUT (FORMAT binary)"));
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<RowStream>(std::move(session), columns, std::move(beside)));
}

}  // namespace feast
