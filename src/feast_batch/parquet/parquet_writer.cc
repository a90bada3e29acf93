#include "feast_batch/parquet/parquet_writer.h"

#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <fcntl.h>
#include <parquet/arrow/writer.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <numeric>

#include "feast/base/file_error.h"
#include "feast_batch/parquet/column_cast.h"
#include "feast_batch/parquet/parquet_files.h"
#include "feast_batch/parquet/parquet_source.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

std::string TemporaryName(const fs::path& path) {
  static std::atomic<uint64_t> counter{0};
  return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(getpid()) +
                               "." + std::to_string(++counter) + ".tmp");
}

// What was written, or the names in a folder, survive a crash from here on.
Status Sync(const std::string& path) {
  const int fd = open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError("open", path, errno);
  const int failure = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return failure == 0 ? Status::OK() : FileError("sync", path, failure);
}

// Removes a half-made file or folder unless it was put in place.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  ~Temporary() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }
  Status MoveTo(const std::string& target) {
    std::error_code error;
    fs::rename(path_, target, error);
    if (error) return FileError("replace", target, error.value());
    path_.clear();
    return Sync(fs::path(target).parent_path());
  }

 private:
  std::string path_;
};

// Holds the folder's lock; concurrent rewrites of one file would lose rows.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : fd_(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  int fd_;
};

using WriteTables = std::function<Status(parquet::arrow::FileWriter&)>;

Status WriteFile(const std::string& path, const std::shared_ptr<arrow::Schema>& schema,
                 const WriteTables& write) {
  FEAST_ARROW_ASSIGN(auto out, arrow::io::FileOutputStream::Open(path));
  parquet::WriterProperties::Builder properties;
  properties.compression(arrow::Compression::SNAPPY);
  parquet::ArrowWriterProperties::Builder arrow_properties;
  arrow_properties.store_schema();
  FEAST_ARROW_ASSIGN(
      auto writer, parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), out,
                                                    properties.build(), arrow_properties.build()));
  FEAST_RETURN_IF_ERROR(write(*writer));
  FEAST_ARROW_RETURN_IF_ERROR(writer->Close());
  FEAST_ARROW_RETURN_IF_ERROR(out->Close());
  return Sync(path);
}

// Batches gathered into row groups of this many rows.
constexpr int64_t kRowGroupRows = int64_t{1} << 20;

Status WriteRowsOf(
    const CallContext& context, arrow::RecordBatchReader& rows,
    const std::function<Result<std::shared_ptr<arrow::Table>>(std::shared_ptr<arrow::Table>)>&
        shape,
    parquet::arrow::FileWriter& writer) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t pending = 0;
  while (true) {
    FEAST_RETURN_IF_ERROR(context.Check());
    std::shared_ptr<arrow::RecordBatch> batch;
    FEAST_ARROW_RETURN_IF_ERROR(rows.ReadNext(&batch));
    if (batch) {
      pending += batch->num_rows();
      batches.push_back(batch);
    }
    if (pending > 0 && (!batch || pending >= kRowGroupRows)) {
      FEAST_ARROW_ASSIGN(auto table, arrow::Table::FromRecordBatches(rows.schema(), batches));
      FEAST_ASSIGN_OR_RETURN(table, shape(std::move(table)));
      FEAST_ARROW_RETURN_IF_ERROR(writer.WriteTable(*table, kRowGroupRows));
      batches.clear();
      pending = 0;
    }
    if (!batch) return Status::OK();
  }
}

std::string NamesText(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const auto& name : names) out += (out.size() > 1 ? ", '" : "'") + name + "'";
  return out + "]";
}

Status CheckSameColumns(const arrow::Schema& expected, const arrow::Schema& given) {
  std::vector<std::string> missing, extra;
  for (const auto& name : expected.field_names()) {
    if (given.GetFieldIndex(name) < 0) missing.push_back(name);
  }
  for (const auto& name : given.field_names()) {
    if (expected.GetFieldIndex(name) < 0) extra.push_back(name);
  }
  if (missing.empty() && extra.empty()) return Status::OK();
  return Status::InvalidArgument(
      "The input dataframe columns do not match the batch source columns. "
      "missing_expected_columns: " +
          NamesText(missing) + ", extra_unexpected_columns: " + NamesText(extra) + ".",
      ErrorKind::kValueError);
}

// Columns in the schema's order and types.
Result<std::shared_ptr<arrow::Table>> CastTable(const arrow::Table& table,
                                                const std::shared_ptr<arrow::Schema>& schema) {
  arrow::ChunkedArrayVector columns;
  for (const auto& field : schema->fields()) {
    FEAST_ASSIGN_OR_RETURN(auto column, CastColumn(table.GetColumnByName(field->name()),
                                                   field->type(), field->name()));
    columns.push_back(std::move(column));
  }
  return arrow::Table::Make(schema, columns, table.num_rows());
}

// The file at the end of a link, so that writing does not replace the link.
std::string Resolved(const std::string& path) {
  std::error_code error;
  const auto real = fs::canonical(path, error);
  return error ? path : real.string();
}

Status RefusePartitioned(const std::string& path, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles(path, name));
  for (const auto& file : files) {
    if (file.partition.empty()) continue;
    return Status::InvalidArgument(
        name + ": rows cannot be added to a folder that is partitioned by '" +
            file.partition.begin()->first + "'; write a file into the partition's own folder",
        ErrorKind::kValueError);
  }
  return Status::OK();
}

// Copies all rows of a source, some batches at a time.
Status CopyRows(const CallContext& context, RowSource& source, parquet::arrow::FileWriter& writer) {
  std::vector<size_t> groups(source.groups().size());
  std::iota(groups.begin(), groups.end(), size_t{0});
  RowReader rows(context, source, std::move(groups), source.schema().field_names());
  while (true) {
    FEAST_ASSIGN_OR_RETURN(const auto item, rows.Next());
    if (!item) return Status::OK();
    FEAST_ARROW_RETURN_IF_ERROR(writer.WriteRecordBatch(*item->rows));
  }
}

}  // namespace

Status WriteParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                    const std::string& path) {
  Temporary temporary(TemporaryName(path));
  const auto same = [](std::shared_ptr<arrow::Table> table) {
    return Result<std::shared_ptr<arrow::Table>>(std::move(table));
  };
  FEAST_RETURN_IF_ERROR(WriteFile(temporary.path(), rows.schema(), [&](auto& writer) {
    return WriteRowsOf(context, rows, same, writer);
  }));
  return temporary.MoveTo(path);
}

Status AppendParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                     const std::string& given, const std::string& name) {
  const std::string path = Resolved(given);
  const bool folder = fs::is_directory(path);
  FolderLock lock(folder ? fs::path(path) : fs::path(path).parent_path());
  FEAST_RETURN_IF_ERROR(RefusePartitioned(path, name));
  FEAST_ASSIGN_OR_RETURN(auto source, OpenParquetSource(path, name));
  FEAST_RETURN_IF_ERROR(CheckSameColumns(source->schema(), *rows.schema()));
  const auto schema =
      std::make_shared<arrow::Schema>(source->schema().fields(), source->schema().metadata());
  const std::string target = folder ? NextAddedFile(path) : path;
  Temporary temporary(TemporaryName(target));
  FEAST_RETURN_IF_ERROR(WriteFile(temporary.path(), schema, [&](auto& writer) -> Status {
    if (!folder) FEAST_RETURN_IF_ERROR(CopyRows(context, *source, writer));
    const auto shape = [&](const std::shared_ptr<arrow::Table>& table) {
      return CastTable(*table, schema);
    };
    auto written = WriteRowsOf(context, rows, shape, writer);
    return written.ok() ? written : written.Annotate(name);
  }));
  std::error_code error;
  if (!folder) fs::permissions(temporary.path(), fs::status(path).permissions(), error);
  return temporary.MoveTo(target);
}

Status PersistParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                      const std::string& path, const std::string& uri, bool allow_overwrite) {
  std::error_code error;
  if (fs::exists(path, error) && !allow_overwrite) {
    return Status::AlreadyExists("Saved dataset location " + uri + " already exists.");
  }
  if (const auto parent = fs::path(path).parent_path(); !parent.empty()) {
    fs::create_directories(parent, error);
    if (error) return FileError("create", parent, error.value());
  }
  if (path.ends_with(".parquet") && !fs::is_directory(path, error)) {
    return WriteParquet(context, rows, path);
  }
  Temporary fresh(TemporaryName(path));
  fs::create_directory(fresh.path(), error);
  if (error) return FileError("create", fresh.path(), error.value());
  FEAST_RETURN_IF_ERROR(WriteParquet(context, rows, fs::path(fresh.path()) / "part-0.parquet"));
  if (!fs::exists(path, error)) return fresh.MoveTo(path);
  const std::string aside = TemporaryName(path);
  fs::rename(path, aside, error);
  if (error) return FileError("replace", path, error.value());
  Temporary old(aside);
  if (auto moved = fresh.MoveTo(path); !moved.ok()) {
    (void)old.MoveTo(path);
    return moved;
  }
  return Status::OK();
}

}  // namespace feast
