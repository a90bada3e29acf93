#include "feast_batch/parquet/parquet_source.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <mutex>

#include "feast_batch/parquet/column_cast.h"
#include "feast_batch/parquet/field_ids.h"
#include "feast_batch/parquet/file_readers_internal.h"
#include "feast_batch/parquet/page_column_internal.h"
#include "feast_batch/parquet/schema_union.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

constexpr size_t kOpenFiles = 200;  // of a source; more are opened anew by each stream

// A reader is used by one thread at a time, and costs something to make: idle ones are kept.
struct File : ParquetFile {
  FilePlace place;  // of the source
  std::shared_ptr<parquet::FileMetaData> metadata;
  parquet::arrow::SchemaManifest manifest;
  std::optional<StoredColumns> stored;  // none: columns have the source's names
  bool keep_open = true;
  std::mutex mutex;
  std::vector<std::unique_ptr<parquet::arrow::FileReader>> idle;  // guarded by mutex
};

void AddLeaves(const parquet::arrow::SchemaField& field, std::vector<int>* leaves) {
  if (field.column_index >= 0) leaves->push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

// What stands for a column of the source; null: nothing, or a column of its name.
const StoredColumn* StoredOf(const File& file, const std::string& name) {
  if (!file.stored) return nullptr;
  const auto found = file.stored->find(name);
  return found == file.stored->end() ? nullptr : &found->second;
}

const parquet::arrow::SchemaField* FieldOf(const File& file, const std::string& column) {
  const auto* stored = StoredOf(file, column);
  if (file.stored && !stored) return nullptr;
  const auto& name = stored ? stored->name : column;
  for (const auto& field : file.manifest.schema_fields) {
    if (field.field->name() == name) return &field;
  }
  return nullptr;
}

// That column of what was read, null if the file has none.
std::shared_ptr<arrow::Array> ColumnOf(const arrow::RecordBatch& read, const File& file,
                                       const std::string& column) {
  const auto* stored = StoredOf(file, column);
  if (!stored) return file.stored ? nullptr : read.GetColumnByName(column);
  auto array = read.GetColumnByName(stored->name);
  return array && arrow::is_nested(stored->type->id()) ? Renamed(array, stored->type) : array;
}

// Parquet's own columns; those that the file lacks have none.
std::vector<int> LeavesOf(const File& file, const std::vector<std::string>& columns) {
  std::vector<int> leaves;
  for (const auto& column : columns) {
    if (const auto* field = FieldOf(file, column)) AddLeaves(*field, &leaves);
  }
  return leaves;
}

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> TakeReader(File& file) {
  {
    const std::lock_guard lock(file.mutex);
    if (!file.idle.empty()) {
      auto reader = std::move(file.idle.back());
      file.idle.pop_back();
      return reader;
    }
  }
  return OpenReader(file.place, file, file.metadata);
}

// The columns in the asked order, with the types of the source's schema.
class Shape {
 public:
  Shape(std::string source, const arrow::Schema& schema, const std::vector<std::string>& columns)
      : source_(std::move(source)) {
    arrow::FieldVector fields;
    for (const auto& column : columns) fields.push_back(schema.GetFieldByName(column));
    schema_ = arrow::schema(std::move(fields));
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Of(const arrow::RecordBatch& read, const File& file) {
    arrow::ArrayVector arrays;
    for (const auto& field : schema_->fields()) {
      auto array = ColumnOf(read, file, field->name());
      if (!array) {
        FEAST_ASSIGN_OR_RETURN(array, Constant(file, *field, read.num_rows()));
      } else if (!array->type()->Equals(*field->type())) {
        auto cast =
            CastColumn(std::make_shared<arrow::ChunkedArray>(array), field->type(), field->name());
        if (!cast.ok()) return cast.status().Annotate(source_ + ": " + file.path);
        FEAST_ARROW_ASSIGN(array, arrow::Concatenate((*cast)->chunks()));
      }
      arrays.push_back(std::move(array));
    }
    return arrow::RecordBatch::Make(schema_, read.num_rows(), std::move(arrays));
  }

 private:
  // A column that the file does not hold: what its folders say, or nulls.
  static Result<std::shared_ptr<arrow::Array>> Constant(const File& file, const arrow::Field& field,
                                                        int64_t rows) {
    const auto value = file.partition.find(field.name());
    if (value == file.partition.end() || !value->second) {
      FEAST_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(field.type(), rows));
      return nulls;
    }
    FEAST_ASSIGN_OR_RETURN(const auto scalar, PartitionValue(field.type(), *value->second));
    FEAST_ARROW_ASSIGN(auto array, arrow::MakeArrayFromScalar(*scalar, rows));
    return array;
  }

  // Times without a zone are UTC.
  static Result<std::shared_ptr<arrow::Scalar>> PartitionValue(
      const std::shared_ptr<arrow::DataType>& type, std::string_view text) {
    if (arrow::is_decimal(type->id())) {
      const arrow::Datum spelled(std::make_shared<arrow::StringScalar>(std::string(text)));
      FEAST_ARROW_ASSIGN(const auto number, arrow::compute::Cast(spelled, type));
      return number.scalar();
    }
    if (type->id() != arrow::Type::TIMESTAMP) {
      FEAST_ARROW_ASSIGN(auto scalar, arrow::Scalar::Parse(type, text));
      return scalar;
    }
    if (text.ends_with('Z')) text.remove_suffix(1);
    const auto naive = arrow::timestamp(static_cast<const arrow::TimestampType&>(*type).unit());
    FEAST_ARROW_ASSIGN(const auto scalar, arrow::Scalar::Parse(naive, text));
    return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::TimestampScalar>(
        static_cast<const arrow::TimestampScalar&>(*scalar).value, type));
  }

  const std::string source_;
  std::shared_ptr<arrow::Schema> schema_;
};

// A reader of the file while a stream is open.
class BorrowedReader {
 public:
  explicit BorrowedReader(File& file) : file_(file) {}
  ~BorrowedReader() {
    const std::lock_guard lock(file_.mutex);
    if (reader_ && file_.keep_open) file_.idle.push_back(std::move(reader_));
  }
  BorrowedReader(const BorrowedReader&) = delete;
  BorrowedReader& operator=(const BorrowedReader&) = delete;

  arrow::Status Take() {
    ARROW_ASSIGN_OR_RAISE(reader_, TakeReader(file_));
    return arrow::Status::OK();
  }
  parquet::arrow::FileReader* operator->() const { return reader_.get(); }

 private:
  File& file_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
};

// The rows of one group, however they are decoded.
class ParquetStream : public RowStream {
 public:
  ParquetStream(std::string source, File& file, uint64_t rows)
      : source_(std::move(source)), file_(file), reader_(file), rows_left_(rows) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() final {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (auto read = Read(&batch); !read.ok()) return Damaged(read);
    const uint64_t rows = batch ? batch->num_rows() : 0;
    if (rows > rows_left_ || (!batch && rows_left_ > 0)) {
      return Damaged(arrow::Status::Invalid("columns have fewer or more values than rows"));
    }
    rows_left_ -= rows;
    if (!batch) return batch;
    return Shaped(std::move(batch));
  }

 protected:
  virtual arrow::Status Read(std::shared_ptr<arrow::RecordBatch>* batch) = 0;
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Shaped(
      std::shared_ptr<arrow::RecordBatch> batch) {
    return batch;
  }
  Status Damaged(const arrow::Status& status) const {
    return ReadFailure(file_.place, file_.path, source_, status);
  }
  File& file() { return file_; }
  BorrowedReader& reader() { return reader_; }

 private:
  const std::string source_;
  File& file_;
  BorrowedReader reader_;
  uint64_t rows_left_;
};

// Columns of any type, by Arrow's reader.
class ArrowStream final : public ParquetStream {
 public:
  ArrowStream(std::string source, File& file, uint64_t rows, Shape shape)
      : ParquetStream(std::move(source), file, rows), shape_(std::move(shape)) {}

  Status Start(int group, const std::vector<int>& leaves, bool side_by_side) {
    if (auto taken = reader().Take(); !taken.ok()) return Damaged(taken);
    reader()->set_use_threads(side_by_side);
    auto batches = reader()->GetRecordBatchReader({group}, leaves);
    if (!batches.ok()) return Damaged(batches.status());
    batches_ = *std::move(batches);
    return Status::OK();
  }

 private:
  arrow::Status Read(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return batches_->ReadNext(batch);
  }
  Result<std::shared_ptr<arrow::RecordBatch>> Shaped(
      std::shared_ptr<arrow::RecordBatch> batch) override {
    return shape_.Of(*batch, file());
  }

  Shape shape_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

// Columns of numbers and times, by page.
class PageStream final : public ParquetStream {
 public:
  PageStream(std::string source, File& file, uint64_t rows, std::shared_ptr<arrow::Schema> schema)
      : ParquetStream(std::move(source), file, rows), schema_(std::move(schema)) {}

  // False if a column is of another kind.
  Result<bool> Start(int group) {
    if (auto taken = reader().Take(); !taken.ok()) return Damaged(taken);
    try {
      for (const auto& field : schema_->fields()) {
        const auto* stored = FieldOf(file(), field->name());
        if (!stored || !stored->is_leaf() || !stored->field->type()->Equals(*field->type())) {
          return false;
        }
        columns_.push_back(MakePageColumn(*reader()->parquet_reader(), group, stored->column_index,
                                          field->type()));
        if (!columns_.back()) return false;
      }
    } catch (const parquet::ParquetStatusException& e) {
      return Damaged(e.status());
    } catch (const parquet::ParquetException& e) {
      return Damaged(arrow::Status::IOError(e.what()));
    }
    return !columns_.empty();
  }

 private:
  arrow::Status Read(std::shared_ptr<arrow::RecordBatch>* batch) override {
    try {
      int64_t rows = kBatchRows;
      for (const auto& column : columns_) rows = std::min(rows, column->Load());
      if (rows == 0) return arrow::Status::OK();
      arrow::ArrayVector arrays;
      for (const auto& column : columns_) arrays.push_back(column->Take(rows));
      *batch = arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
      return arrow::Status::OK();
    } catch (const parquet::ParquetStatusException& e) {
      return e.status();
    } catch (const parquet::ParquetException& e) {
      return arrow::Status::IOError(e.what());
    }
  }

  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<PageColumn>> columns_;
};

class ParquetSource final : public RowSource {
 public:
  ParquetSource(FilePlace place, std::string name)
      : place_(std::move(place)), name_(std::move(name)) {}

  /// Without `schema` the files' own. Columns are found by the ids of its fields if they have any,
  /// which for files without are `ids`.
  Status Load(const std::vector<ParquetFile>& files, const std::shared_ptr<arrow::Schema>& schema,
              const std::map<std::string, int32_t>& ids) {
    const bool by_id = schema && HasFieldIds(*schema);
    std::vector<std::unique_ptr<File>> opened(files.size());
    std::vector<std::shared_ptr<arrow::Schema>> schemas(files.size());
    FEAST_RETURN_IF_ERROR(OpenEach(place_, files.size(), [&](size_t at) -> Status {
      auto file = std::make_unique<File>();
      static_cast<ParquetFile&>(*file) = files[at];
      file->place = place_;
      // A reader of an object store holds what it fetched; another one costs no request.
      file->keep_open = !place_.remote && files.size() <= kOpenFiles;
      if (auto read = OpenFile(*file, &schemas[at]); !read.ok()) {
        return ReadFailure(place_, file->path + " as Parquet", name_, read);
      }
      if (by_id) {
        auto stored = ColumnsByFieldId(*schema, *schemas[at], ids);
        if (!stored.ok()) return stored.status().Annotate(name_ + ": " + file->path);
        file->stored = *std::move(stored);
      }
      opened[at] = std::move(file);
      return Status::OK();
    }));
    for (auto& file : opened) Add(std::move(file));
    if (schema) {
      schema_ = by_id ? WithoutMetadata(*schema) : WithNestedTypes(*schema, schemas);
      return Status::OK();
    }
    auto all = UnionOfSchemas(schemas, files);
    if (!all.ok()) return all.status().Annotate(name_);
    schema_ = *std::move(all);
    return Status::OK();
  }

  const std::string& name() const override { return name_; }
  const arrow::Schema& schema() const override { return *schema_; }
  const std::vector<Group>& groups() const override { return groups_; }
  bool columnar() const override { return !place_.remote; }

  Result<std::unique_ptr<RowStream>> Open(size_t group, const std::vector<std::string>& columns,
                                          Decode decode) override {
    File& file = *files_[places_[group].file];
    for (const auto& column : columns) {
      if (!schema_->GetFieldByName(column)) {
        return Status::Internal(name_ + ": no column " + column);
      }
    }
    const int at = places_[group].group;
    const uint64_t rows = groups_[group].rows;
    Shape shape(name_, *schema_, columns);
    if (decode == Decode::kAlone && !place_.remote) {
      auto pages = std::make_unique<PageStream>(name_, file, rows, shape.schema());
      FEAST_ASSIGN_OR_RETURN(const bool suits, pages->Start(at));
      if (suits) return std::unique_ptr<RowStream>(std::move(pages));
    }
    auto stream = std::make_unique<ArrowStream>(name_, file, rows, std::move(shape));
    FEAST_RETURN_IF_ERROR(
        stream->Start(at, LeavesOf(file, columns), decode == Decode::kSideBySide));
    return std::unique_ptr<RowStream>(std::move(stream));
  }

  int64_t StoredBytes(size_t group, const std::vector<std::string>& columns) override {
    const File& file = *files_[places_[group].file];
    const auto metadata = file.metadata->RowGroup(places_[group].group);
    int64_t bytes = 0;
    for (const int leaf : LeavesOf(file, columns)) {
      bytes += metadata->ColumnChunk(leaf)->total_compressed_size();
    }
    return bytes;
  }

  std::optional<size_t> FileOf(size_t group) override { return places_[group].file; }

  bool MayHold(size_t group, const std::string& time_column, Micros from, Micros to) override {
    const File& file = *files_[places_[group].file];
    const auto* field = FieldOf(file, time_column);
    if (!field || !field->is_leaf() || field->field->type()->id() != arrow::Type::TIMESTAMP)
      return true;
    const auto chunk =
        file.metadata->RowGroup(places_[group].group)->ColumnChunk(field->column_index);
    const auto statistics = chunk->statistics();
    if (!statistics || !statistics->HasMinMax() ||
        statistics->physical_type() != parquet::Type::INT64) {
      return true;
    }
    const auto& bounds = static_cast<const parquet::Int64Statistics&>(*statistics);
    const auto unit = static_cast<const arrow::TimestampType&>(*field->field->type()).unit();
    const double micros = unit == arrow::TimeUnit::SECOND  ? 1e6
                          : unit == arrow::TimeUnit::MILLI ? 1e3
                          : unit == arrow::TimeUnit::MICRO ? 1
                                                           : 1e-3;
    constexpr double kSlack = 1024;  // doubles are exact to 2^53 only
    return bounds.max() * micros + kSlack >= static_cast<double>(from) &&
           bounds.min() * micros - kSlack <= static_cast<double>(to);
  }

 private:
  static std::shared_ptr<arrow::Schema> WithoutMetadata(const arrow::Schema& schema) {
    auto fields = schema.fields();
    for (auto& field : fields) field = field->RemoveMetadata();
    return arrow::schema(std::move(fields));
  }

  // Names within nested types differ between writers.
  static std::shared_ptr<arrow::Schema> WithNestedTypes(
      const arrow::Schema& schema, const std::vector<std::shared_ptr<arrow::Schema>>& files) {
    auto fields = schema.fields();
    for (auto& field : fields) {
      if (!arrow::is_nested(field->type()->id())) continue;
      for (const auto& file : files) {
        if (const auto own = file->GetFieldByName(field->name())) {
          field = field->WithType(own->type());
          break;
        }
      }
    }
    return arrow::schema(std::move(fields));
  }

  struct Place {
    size_t file;
    int group;
  };
  // Numbers the rows of a file that is open.
  void Add(std::unique_ptr<File> file) {
    for (int group = 0; group < file->metadata->num_row_groups(); ++group) {
      const uint64_t rows = file->metadata->RowGroup(group)->num_rows();
      groups_.push_back({rows_, rows});
      places_.push_back({files_.size(), group});
      rows_ += rows;
    }
    files_.push_back(std::move(file));
  }

  static arrow::Status OpenFile(File& file, std::shared_ptr<arrow::Schema>* schema) {
    ARROW_ASSIGN_OR_RAISE(auto reader, TakeReader(file));
    file.metadata = reader->parquet_reader()->metadata();
    ARROW_RETURN_NOT_OK(parquet::arrow::SchemaManifest::Make(file.metadata->schema(),
                                                             file.metadata->key_value_metadata(),
                                                             reader->properties(), &file.manifest));
    ARROW_RETURN_NOT_OK(reader->GetSchema(schema));
    if (file.keep_open) file.idle.push_back(std::move(reader));
    return arrow::Status::OK();
  }

  const FilePlace place_;
  const std::string name_;
  std::vector<std::unique_ptr<File>> files_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Group> groups_;
  std::vector<Place> places_;
  uint64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowSource>> OpenParquetSource(const FilePlace& place,
                                                     const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles(place, name));
  auto source = std::make_unique<ParquetSource>(place, name);
  FEAST_RETURN_IF_ERROR(source->Load(files, nullptr, {}));
  return std::unique_ptr<RowSource>(std::move(source));
}

Result<std::unique_ptr<RowSource>> OpenParquetFiles(const FilePlace& place,
                                                    const std::vector<ParquetFile>& files,
                                                    const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::string& name,
                                                    const std::map<std::string, int32_t>& ids) {
  auto source = std::make_unique<ParquetSource>(place, name);
  FEAST_RETURN_IF_ERROR(source->Load(files, schema, ids));
  return std::unique_ptr<RowSource>(std::move(source));
}

}  // namespace feast
