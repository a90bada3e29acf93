#include "feast_batch/tables/log_folder.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/scalar.h>
#include <arrow/table.h>

#include <map>

#include "feast/base/uuid.h"
#include "feast_batch/parquet/parquet_writer.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {
namespace {

// Row numbers of each folder.
Result<std::map<std::string, std::vector<int64_t>>> RowsOfFolders(
    const arrow::Table& rows, const std::vector<std::string>& partition_by) {
  std::map<std::string, std::vector<int64_t>> folders;
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    std::string folder;
    for (const auto& name : partition_by) {
      FEAST_ARROW_ASSIGN(const auto value, rows.GetColumnByName(name)->GetScalar(row));
      std::string text = value->is_valid ? value->ToString() : "__HIVE_DEFAULT_PARTITION__";
      for (char& c : text) {
        if (c == '/') c = '_';
      }
      folder += (folder.empty() ? "" : "/") + text;
    }
    folders[folder].push_back(row);
  }
  return folders;
}

// The rows of each file, by its folder below the log's.
Result<std::map<std::string, std::shared_ptr<arrow::Table>>> Partitions(
    const std::shared_ptr<arrow::Table>& rows, const std::vector<std::string>& partition_by) {
  std::map<std::string, std::shared_ptr<arrow::Table>> parts;
  if (partition_by.empty()) {
    parts[""] = rows;
    return parts;
  }
  for (const auto& name : partition_by) {
    if (rows->GetColumnByName(name)) continue;
    return Status::InvalidArgument("the logs have no column '" + name + "' to be partitioned by");
  }
  FEAST_ASSIGN_OR_RETURN(auto folders, RowsOfFolders(*rows, partition_by));
  for (auto& [place, numbers] : folders) {
    const auto indices = RowIndices(std::move(numbers));
    FEAST_ARROW_ASSIGN(const auto taken, arrow::compute::Take(rows, indices));
    auto part = taken.table();
    for (const auto& name : partition_by) {
      FEAST_ARROW_ASSIGN(part, part->RemoveColumn(part->schema()->GetFieldIndex(name)));
    }
    parts[place + "/"] = std::move(part);
  }
  return parts;
}

}  // namespace

Status AppendFileLogs(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                      FilePlaces& places, const core::LoggingConfig& destination,
                      const std::string& batch) {
  const auto& file = destination.file_destination();
  if (!destination.has_file_destination()) {
    return Status::Unimplemented(
        "logs of served features are written to folders; use FileLoggingDestination");
  }
  FEAST_ASSIGN_OR_RETURN(
      const FilePlace folder,
      places.Find(context, file.path(), file.s3_endpoint_override(), "the log of served features"));
  if (rows->num_rows() == 0) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(
      const auto parts, Partitions(rows, {file.partition_by().begin(), file.partition_by().end()}));
  const std::string name = (batch.empty() ? RandomUuid() : batch) + "-0.parquet";
  FilesOfOneWrite files;
  for (const auto& [place, part] : parts) {
    arrow::TableBatchReader batches(part);
    std::string path = folder.path;
    path.append("/").append(place).append(name);
    const FilePlace target = folder.At(path);
    FEAST_RETURN_IF_ERROR(files.Add(WriteParquetFile(context, batches, target)));
  }
  return files.Commit();
}

}  // namespace feast
