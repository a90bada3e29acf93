#include "feast_batch/tables/table_file.h"

#include <arrow/csv/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <filesystem>
#include <functional>

#include "feast_batch/parquet/whole_file.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

bool IsCsv(const std::string& path) { return path.ends_with(".csv"); }

using WriteBatch = std::function<arrow::Status(const arrow::RecordBatch&)>;

Status WriteBatches(const CallContext& context, arrow::RecordBatchReader& rows,
                    const WriteBatch& write) {
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    std::shared_ptr<arrow::RecordBatch> batch;
    FEAST_ARROW_RETURN_IF_ERROR(rows.ReadNext(&batch));
    if (!batch) return Status::OK();
    FEAST_ARROW_RETURN_IF_ERROR(write(*batch));
  }
}

Status WriteCsv(const CallContext& context, arrow::RecordBatchReader& rows,
                const std::shared_ptr<arrow::io::OutputStream>& out) {
  FEAST_ARROW_ASSIGN(const auto writer, arrow::csv::MakeCSVWriter(out, rows.schema()));
  FEAST_RETURN_IF_ERROR(WriteBatches(context, rows, [&](const arrow::RecordBatch& batch) {
    return writer->WriteRecordBatch(batch);
  }));
  FEAST_ARROW_RETURN_IF_ERROR(writer->Close());
  return Status::OK();
}

Status WriteParquetFile(const CallContext& context, arrow::RecordBatchReader& rows,
                        const std::shared_ptr<arrow::io::OutputStream>& out) {
  parquet::WriterProperties::Builder properties;
  properties.compression(arrow::Compression::SNAPPY);
  parquet::ArrowWriterProperties::Builder arrow_properties;
  arrow_properties.store_schema();
  FEAST_ARROW_ASSIGN(const auto writer, parquet::arrow::FileWriter::Open(
                                            *rows.schema(), arrow::default_memory_pool(), out,
                                            properties.build(), arrow_properties.build()));
  FEAST_RETURN_IF_ERROR(WriteBatches(context, rows, [&](const arrow::RecordBatch& batch) {
    return writer->WriteRecordBatch(batch);
  }));
  FEAST_ARROW_RETURN_IF_ERROR(writer->Close());
  return Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenReader(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  if (IsCsv(path)) {
    // Whole, because only then the type of a column is what all of its rows allow.
    ARROW_ASSIGN_OR_RAISE(const auto reader,
                          arrow::csv::TableReader::Make(arrow::io::default_io_context(), file,
                                                        arrow::csv::ReadOptions::Defaults(),
                                                        arrow::csv::ParseOptions::Defaults(),
                                                        arrow::csv::ConvertOptions::Defaults()));
    ARROW_ASSIGN_OR_RAISE(auto table, reader->Read());
    return std::make_shared<arrow::TableBatchReader>(std::move(table));
  }
  ARROW_ASSIGN_OR_RAISE(auto reader, parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
  std::shared_ptr<parquet::arrow::FileReader> shared = std::move(reader);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::RecordBatchReader> batches,
                        shared->GetRecordBatchReader());
  // The batches need the reader that made them.
  struct Kept {
    std::shared_ptr<parquet::arrow::FileReader> reader;
    std::shared_ptr<arrow::RecordBatchReader> batches;
  };
  const auto kept = std::make_shared<Kept>(Kept{std::move(shared), std::move(batches)});
  return std::shared_ptr<arrow::RecordBatchReader>(kept, kept->batches.get());
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadTableFile(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return Status::NotFound("no such file: " + path, ErrorKind::kFileNotFound);
  }
  auto reader = OpenReader(path);
  if (reader.ok()) return *std::move(reader);
  return Status::InvalidArgument("cannot read " + path + " as " +
                                 (IsCsv(path) ? "CSV: " : "Parquet: ") + reader.status().message());
}

Status WriteTableFile(const CallContext& context, arrow::RecordBatchReader& rows,
                      const std::string& path) {
  auto file = WholeFile::Open({path, nullptr});
  if (!file.ok()) return file.status().Annotate("writing " + path);
  const auto& out = (*file)->stream();
  const Status written =
      IsCsv(path) ? WriteCsv(context, rows, out) : WriteParquetFile(context, rows, out);
  if (!written.ok()) return written.Annotate("writing " + path);
  return (*file)->Commit();
}

}  // namespace feast
