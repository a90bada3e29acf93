#include "feast_batch/tables/exported_rows.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <memory>

#include "feast/base/uuid.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/parquet_writer.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

constexpr int64_t kRowsOfFile = int64_t{1} << 18;

// A stream cut into pieces: each is read to its end, then Next begins another.
class Pieces final : public arrow::RecordBatchReader {
 public:
  explicit Pieces(arrow::RecordBatchReader& rows) : rows_(rows) {}

  // Whether there are more rows.
  Result<bool> Next() {
    taken_ = 0;
    while (!batch_ || batch_->num_rows() == 0) {
      FEAST_ARROW_RETURN_IF_ERROR(rows_.ReadNext(&batch_));
      if (!batch_) return false;
    }
    return true;
  }

  std::shared_ptr<arrow::Schema> schema() const override { return rows_.schema(); }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    const int64_t room = kRowsOfFile - taken_;
    if (room == 0) return arrow::Status::OK();
    if (!batch_) ARROW_RETURN_NOT_OK(rows_.ReadNext(&batch_));
    if (!batch_) return arrow::Status::OK();
    const int64_t rows = std::min(room, batch_->num_rows());
    *batch = batch_->Slice(0, rows);
    batch_ = rows == batch_->num_rows() ? nullptr : batch_->Slice(rows);
    taken_ += rows;
    return arrow::Status::OK();
  }

 private:
  arrow::RecordBatchReader& rows_;
  std::shared_ptr<arrow::RecordBatch> batch_;  // what is left of it
  int64_t taken_ = 0;                          // rows of this piece
};

Status WriteAll(const CallContext& context, arrow::RecordBatchReader& rows, const FilePlace& folder,
                std::vector<std::unique_ptr<WholeFile>>* files) {
  Pieces pieces(rows);
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const bool more, pieces.Next());
    if (!more && !files->empty()) return Status::OK();
    const std::string name = "/part-" + std::to_string(files->size()) + ".parquet";
    FEAST_ASSIGN_OR_RETURN(auto file,
                           WriteParquetFile(context, pieces, folder.At(folder.path + name)));
    FEAST_RETURN_IF_ERROR(file->Commit());
    files->push_back(std::move(file));
  }
}

}  // namespace

Result<std::vector<std::string>> ExportRows(const CallContext& context,
                                            arrow::RecordBatchReader& rows, FilePlaces& places,
                                            const std::string& location,
                                            const std::string& s3_endpoint) {
  FEAST_ASSIGN_OR_RETURN(const FilePlace staging, places.Find(context, location, s3_endpoint,
                                                              "offline_store.staging_location"));
  const std::string fresh = "/" + RandomUuid();
  std::vector<std::unique_ptr<WholeFile>> files;
  Status written = WriteAll(context, rows, staging.At(staging.path + fresh), &files);
  if (!written.ok()) {
    for (const auto& file : files) file->Withdraw();
    return written;
  }
  std::string base = staging.remote ? location : staging.path;
  while (base.ends_with('/')) base.pop_back();
  std::vector<std::string> paths;
  for (size_t at = 0; at < files.size(); ++at) {
    paths.push_back(base + fresh + "/part-" + std::to_string(at) + ".parquet");
  }
  return paths;
}

}  // namespace feast
