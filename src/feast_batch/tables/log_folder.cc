#include "feast_batch/tables/log_folder.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/scalar.h>
#include <arrow/table.h>

#include <array>
#include <cstdio>
#include <map>
#include <random>

#include "feast_batch/parquet/parquet_writer.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/row_source.h"

namespace feast {
namespace {

std::string UniqueName() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 4; ++i) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08x", random());
    name += digits.data();
  }
  return name + "-0.parquet";
}

Status WriteOne(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                const FilePlace& folder) {
  arrow::TableBatchReader batches(rows);
  const FilePlace file = folder.At(folder.path + "/" + UniqueName());
  return PersistParquet(context, batches, file, file.path, /*allow_overwrite=*/false);
}

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

Status AppendLogs(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                  const FilePlace& folder, const std::vector<std::string>& partition_by) {
  if (rows->num_rows() == 0) return Status::OK();
  if (partition_by.empty()) return WriteOne(context, rows, folder);
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
    FEAST_RETURN_IF_ERROR(WriteOne(context, part, folder.At(folder.path + "/" + place)));
  }
  return Status::OK();
}

}  // namespace

Status AppendFileLogs(const CallContext& context, const std::shared_ptr<arrow::Table>& rows,
                      FilePlaces& places, const core::LoggingConfig& destination) {
  const auto& file = destination.file_destination();
  if (!destination.has_file_destination()) {
    return Status::Unimplemented(
        "logs of served features are written to folders; use FileLoggingDestination");
  }
  FEAST_ASSIGN_OR_RETURN(
      const FilePlace folder,
      places.Find(context, file.path(), file.s3_endpoint_override(), "the log of served features"));
  return AppendLogs(context, rows, folder,
                    {file.partition_by().begin(), file.partition_by().end()});
}

}  // namespace feast
