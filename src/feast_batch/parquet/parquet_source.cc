#include "feast_batch/parquet/parquet_source.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "feast_batch/parquet/column_cast.h"
#include "feast_batch/parquet/parquet_files.h"
#include "feast_batch/parquet/schema_union.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"

namespace feast {
namespace {

struct File {
  std::string path;
  std::map<std::string, std::optional<std::string>> partition;
  std::unique_ptr<parquet::arrow::FileReader> reader;
};

void AddLeaves(const parquet::arrow::SchemaField& field, std::vector<int>* leaves) {
  if (field.column_index >= 0) leaves->push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

const parquet::arrow::SchemaField* FieldOf(const File& file, const std::string& name) {
  for (const auto& field : file.reader->manifest().schema_fields) {
    if (field.field->name() == name) return &field;
  }
  return nullptr;
}

// Parquet's own columns; those that the file lacks have none.
std::vector<int> LeavesOf(const File& file, const std::vector<std::string>& columns) {
  std::vector<int> leaves;
  for (const auto& column : columns) {
    if (const auto* field = FieldOf(file, column)) AddLeaves(*field, &leaves);
  }
  return leaves;
}

class ParquetSource final : public RowSource {
 public:
  explicit ParquetSource(std::string name) : name_(std::move(name)) {}

  Status Open(const std::vector<ParquetFile>& files) {
    std::vector<std::shared_ptr<arrow::Schema>> schemas;
    for (const auto& file : files) {
      FEAST_RETURN_IF_ERROR(Add(file));
      FEAST_ARROW_RETURN_IF_ERROR(files_.back().reader->GetSchema(&schemas.emplace_back()));
    }
    auto schema = UnionOfSchemas(schemas, files);
    if (!schema.ok()) return schema.status().Annotate(name_);
    schema_ = *std::move(schema);
    return Status::OK();
  }

  const std::string& name() const override { return name_; }
  const arrow::Schema& schema() const override { return *schema_; }
  const std::vector<Group>& groups() const override { return groups_; }

  Result<std::shared_ptr<arrow::Table>> Read(size_t group,
                                             const std::vector<std::string>& columns) override {
    const File& file = files_[places_[group].file];
    auto read = file.reader->ReadRowGroup(places_[group].group, LeavesOf(file, columns));
    if (!read.ok()) {
      return Status::DataLoss(name_ + ": cannot read " + file.path + ": " +
                              read.status().message());
    }
    return Shaped(**read, groups_[group].rows, columns, file);
  }

  int64_t StoredBytes(size_t group, const std::vector<std::string>& columns) override {
    const File& file = files_[places_[group].file];
    const auto metadata = Metadata(file)->RowGroup(places_[group].group);
    int64_t bytes = 0;
    for (const int leaf : LeavesOf(file, columns)) {
      bytes += metadata->ColumnChunk(leaf)->total_compressed_size();
    }
    return bytes;
  }

  std::optional<size_t> FileOf(size_t group) override { return places_[group].file; }

  bool MayHold(size_t group, const std::string& time_column, Micros from, Micros to) override {
    const File& file = files_[places_[group].file];
    const auto* field = FieldOf(file, time_column);
    if (!field || !field->is_leaf() || field->field->type()->id() != arrow::Type::TIMESTAMP)
      return true;
    const auto chunk =
        Metadata(file)->RowGroup(places_[group].group)->ColumnChunk(field->column_index);
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
  struct Place {
    size_t file;
    int group;
  };
  Status Add(const ParquetFile& listed) {
    File file{listed.path, listed.partition, nullptr};
    parquet::arrow::FileReaderBuilder builder;
    parquet::ArrowReaderProperties properties;
    properties.set_use_threads(true);
    properties.set_pre_buffer(true);
    auto status = builder.OpenFile(file.path, /*memory_map=*/false);
    if (status.ok()) status = builder.properties(properties)->Build(&file.reader);
    if (!status.ok()) {
      return Status::DataLoss(name_ + ": cannot read " + file.path +
                              " as Parquet: " + status.message());
    }
    for (int group = 0; group < file.reader->num_row_groups(); ++group) {
      const uint64_t rows = Metadata(file)->RowGroup(group)->num_rows();
      groups_.push_back({rows_, rows});
      places_.push_back({files_.size(), group});
      rows_ += rows;
    }
    files_.push_back(std::move(file));
    return Status::OK();
  }

  static std::shared_ptr<parquet::FileMetaData> Metadata(const File& file) {
    return file.reader->parquet_reader()->metadata();
  }

  // The columns in the asked order, with the types of schema().
  Result<std::shared_ptr<arrow::Table>> Shaped(const arrow::Table& read, int64_t rows,
                                               const std::vector<std::string>& columns,
                                               const File& file) {
    arrow::FieldVector fields;
    arrow::ChunkedArrayVector arrays;
    for (const auto& column : columns) {
      const auto field = schema_->GetFieldByName(column);
      if (!field) return Status::Internal(name_ + ": no column " + column);
      auto array = read.GetColumnByName(column);
      if (!array) {
        FEAST_ASSIGN_OR_RETURN(array, Constant(file, *field, rows));
      } else {
        auto cast = CastColumn(array, field->type(), column);
        if (!cast.ok()) return cast.status().Annotate(name_ + ": " + file.path);
        array = *std::move(cast);
      }
      fields.push_back(field);
      arrays.push_back(std::move(array));
    }
    return arrow::Table::Make(arrow::schema(fields), arrays, rows);
  }

  // A column that the file does not hold: what its folders say, or nulls.
  static Result<std::shared_ptr<arrow::ChunkedArray>> Constant(const File& file,
                                                               const arrow::Field& field,
                                                               int64_t rows) {
    const auto value = file.partition.find(field.name());
    if (value == file.partition.end() || !value->second) {
      FEAST_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(field.type(), rows));
      return std::make_shared<arrow::ChunkedArray>(std::move(nulls));
    }
    FEAST_ARROW_ASSIGN(const auto scalar, arrow::Scalar::Parse(field.type(), *value->second));
    FEAST_ARROW_ASSIGN(auto array, arrow::MakeArrayFromScalar(*scalar, rows));
    return std::make_shared<arrow::ChunkedArray>(std::move(array));
  }

  std::string name_;
  std::vector<File> files_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Group> groups_;
  std::vector<Place> places_;
  uint64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowSource>> OpenParquetSource(const std::string& path,
                                                     const std::string& name) {
  FEAST_ASSIGN_OR_RETURN(const auto files, ListParquetFiles(path, name));
  auto source = std::make_unique<ParquetSource>(name);
  FEAST_RETURN_IF_ERROR(source->Open(files));
  return std::unique_ptr<RowSource>(std::move(source));
}

}  // namespace feast
