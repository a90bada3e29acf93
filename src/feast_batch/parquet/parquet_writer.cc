#include "feast_batch/parquet/parquet_writer.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <fcntl.h>
#include <parquet/arrow/writer.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <numeric>

#include "feast/base/file_error.h"
#include "feast_batch/parquet/column_cast.h"
#include "feast_batch/parquet/file_location.h"
#include "feast_batch/parquet/file_readers_internal.h"
#include "feast_batch/parquet/parquet_source.h"
#include "feast_batch/parquet/whole_file.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOnlyPart = "part-0.parquet";

Status Exists(const std::string& uri) {
  return Status::AlreadyExists("Saved dataset location " + uri + " already exists.");
}

// Removes a half-made folder, or an old one, unless it was put in place.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }
  Status MoveTo(const std::string& target) {
    FEAST_RETURN_IF_ERROR(MoveLocal(path_, target));
    path_.clear();
    return Status::OK();
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

// A file that is complete, but not there yet.
Result<std::unique_ptr<WholeFile>> WriteFile(const FilePlace& place,
                                             const std::shared_ptr<arrow::Schema>& schema,
                                             const WriteTables& write) {
  FEAST_ASSIGN_OR_RETURN(auto file, WholeFile::Open(place));
  parquet::WriterProperties::Builder properties;
  properties.compression(arrow::Compression::SNAPPY);
  parquet::ArrowWriterProperties::Builder arrow_properties;
  arrow_properties.store_schema();
  FEAST_ARROW_ASSIGN(auto writer, parquet::arrow::FileWriter::Open(
                                      *schema, arrow::default_memory_pool(), file->stream(),
                                      properties.build(), arrow_properties.build()));
  Status written = write(*writer);
  if (written.ok()) written = FromArrow(writer->Close());
  if (written.ok()) written = file->Close();
  if (written.ok()) return file;
  file->Abandon();  // before the writer's end, which would write the metadata
  if (!place.remote || !IsRemoteAnswer(written.message())) return written;
  return RemoteFailure("while writing " + place.path, written.message());
}

Status Commit(const Result<std::unique_ptr<WholeFile>>& file) {
  return file.ok() ? (*file)->Commit() : file.status();
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

Status CheckTakesRows(const FilePlace& place, const std::vector<ParquetFile>& files,
                      const std::string& name) {
  if (place.keys) {
    FEAST_ASSIGN_OR_RETURN(const bool encrypted, IsEncrypted(place, files.front(), name));
    if (encrypted) {
      return Status::Unimplemented(name + ": rows cannot be added to encrypted Parquet");
    }
  }
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

// `target` is a new file, or the only one, which is then rewritten.
Result<std::unique_ptr<WholeFile>> Append(const CallContext& context,
                                          arrow::RecordBatchReader& rows, const FilePlace& place,
                                          const FilePlace& target, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(auto source, OpenParquetSource(place, name));
  FEAST_RETURN_IF_ERROR(
      CheckSameColumns(source->schema().field_names(), rows.schema()->field_names()));
  const auto schema =
      std::make_shared<arrow::Schema>(source->schema().fields(), source->schema().metadata());
  const auto shape = [&](const std::shared_ptr<arrow::Table>& table) {
    return CastTable(*table, schema);
  };
  const auto write = [&](auto& writer) -> Status {
    if (target.path == place.path) {
      FEAST_RETURN_IF_ERROR(CopyRows(context, *source, writer));
    }
    auto written = WriteRowsOf(context, rows, shape, writer);
    return written.ok() ? written : written.Annotate(name);
  };
  return WriteFile(target, schema, write);
}

Status AppendLocal(const CallContext& context, arrow::RecordBatchReader& rows,
                   const FilePlace& place, const std::string& name) {
  const std::string& path = place.path;
  const bool folder = fs::is_directory(path);
  FolderLock lock(folder ? fs::path(path) : fs::path(path).parent_path());
  FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles(place, name));
  FEAST_RETURN_IF_ERROR(CheckTakesRows(place, files, name));
  return Commit(Append(context, rows, place, folder ? place.At(NextAddedFile(path)) : place, name));
}

Status AppendRemote(const CallContext& context, arrow::RecordBatchReader& rows,
                    const FilePlace& place, const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles(place, name));
  FEAST_RETURN_IF_ERROR(CheckTakesRows(place, files, name));
  if (files.front().path != place.path) {
    return Commit(Append(context, rows, place, place.At(NextAddedObject(place.path, files)), name));
  }
  // No object store of Arrow's replaces an object only if it is still the one that was read.
  static std::mutex one_rewrite;
  const std::lock_guard lock(one_rewrite);
  const auto before = place.remote->GetFileInfo(place.path);
  if (!before.ok()) return RemoteFailure(name, before.status());
  FEAST_ASSIGN_OR_RETURN(const auto file, Append(context, rows, place, place, name));
  const auto now = place.remote->GetFileInfo(place.path);
  if (!now.ok()) return RemoteFailure(name, now.status());
  if (now->Equals(*before)) return file->Commit();
  return {StatusCode::kAborted, name + ": " + place.path +
                                    " was rewritten by somebody else meanwhile; write again, or "
                                    "make the source a folder, which takes many writers"};
}

Status PersistLocal(const CallContext& context, arrow::RecordBatchReader& rows,
                    const std::string& path, const std::string& uri, bool allow_overwrite) {
  std::error_code error;
  if (fs::exists(path, error) && !allow_overwrite) return Exists(uri);
  if (path.ends_with(".parquet") && !fs::is_directory(path, error)) {
    return Commit(WriteParquetFile(context, rows, {path, nullptr}));
  }
  TemporaryFolder fresh(TemporaryName(path));
  FEAST_RETURN_IF_ERROR(
      Commit(WriteParquetFile(context, rows, {fs::path(fresh.path()) / kOnlyPart, nullptr})));
  if (!fs::exists(path, error)) return fresh.MoveTo(path);
  const std::string aside = TemporaryName(path);
  fs::rename(path, aside, error);
  if (error) return FileError("replace", path, error.value());
  TemporaryFolder old(aside);
  if (auto moved = fresh.MoveTo(path); !moved.ok()) {
    (void)old.MoveTo(path);
    return moved;
  }
  return Status::OK();
}

Status PersistRemote(const CallContext& context, arrow::RecordBatchReader& rows,
                     const FilePlace& place, const std::string& uri, bool allow_overwrite) {
  const std::string name = "saved dataset " + uri;
  const auto info = place.remote->GetFileInfo(place.path);
  if (!info.ok()) return RemoteFailure(name, info.status());
  const bool exists = info->type() != arrow::fs::FileType::NotFound;
  if (exists && !allow_overwrite) return Exists(uri);
  const bool folder = exists ? !info->IsFile() : !place.path.ends_with(".parquet");
  const FilePlace target = folder ? place.At(place.path + "/" + kOnlyPart) : place;
  FEAST_RETURN_IF_ERROR(Commit(WriteParquetFile(context, rows, target)));
  if (!exists || !folder) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles(place, name));
  for (const auto& file : files) {
    if (file.path == target.path) continue;
    const auto deleted = place.remote->DeleteFile(file.path);
    if (!deleted.ok()) return RemoteFailure(name, deleted);
  }
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<WholeFile>> WriteParquetFile(const CallContext& context,
                                                    arrow::RecordBatchReader& rows,
                                                    const FilePlace& place) {
  const fs::path parent = fs::path(place.path).parent_path();
  std::error_code error;
  if (!place.remote && !parent.empty()) fs::create_directories(parent, error);
  if (error) return FileError("create", parent, error.value());
  const auto same = [](std::shared_ptr<arrow::Table> table) {
    return Result<std::shared_ptr<arrow::Table>>(std::move(table));
  };
  return WriteFile(place, rows.schema(),
                   [&](auto& writer) { return WriteRowsOf(context, rows, same, writer); });
}

Status AppendParquet(const CallContext& context, arrow::RecordBatchReader& rows,
                     const FilePlace& place, const std::string& name) {
  return place.remote ? AppendRemote(context, rows, place, name)
                      : AppendLocal(context, rows, place.At(Resolved(place.path)), name);
}

Status PersistDataset(const CallContext& context, arrow::RecordBatchReader& rows,
                      FilePlaces& places, const core::SavedDatasetStorage& storage,
                      bool allow_overwrite) {
  const auto& file = storage.file_storage();
  if (!storage.has_file_storage() || IsDelta(file.file_format())) {
    return Status::InvalidArgument(
        "this offline store keeps saved datasets in Parquet files; "
        "use SavedDatasetFileStorage without another format");
  }
  FEAST_ASSIGN_OR_RETURN(
      const auto place,
      places.Find(context, file.uri(), file.s3_endpoint_override(), "saved dataset"));
  return place.remote ? PersistRemote(context, rows, place, file.uri(), allow_overwrite)
                      : PersistLocal(context, rows, place.path, file.uri(), allow_overwrite);
}

}  // namespace feast
