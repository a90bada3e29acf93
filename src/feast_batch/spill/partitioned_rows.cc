#include "feast_batch/spill/partitioned_rows.h"

#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/point_in_time/as_of_join.h"
#include "feast_batch/point_in_time/row_source.h"
#include "feast_batch/point_in_time/run_units.h"

namespace feast {
namespace {

std::shared_ptr<arrow::Schema> Columns(const arrow::Schema& schema, int first, int end) {
  const auto& fields = schema.fields();
  return arrow::schema(arrow::FieldVector(fields.begin() + first, fields.begin() + end));
}

std::shared_ptr<arrow::RecordBatch> Columns(const arrow::RecordBatch& rows, int first,
                                            const std::shared_ptr<arrow::Schema>& schema) {
  arrow::ArrayVector columns;
  for (int at = 0; at < schema->num_fields(); ++at) columns.push_back(rows.column(first + at));
  return arrow::RecordBatch::Make(schema, rows.num_rows(), std::move(columns));
}

}  // namespace

std::shared_ptr<arrow::DataType> DenseType(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() != arrow::Type::DICTIONARY) return type;
  return static_cast<const arrow::DictionaryType&>(*type).value_type();
}

Result<std::shared_ptr<arrow::RecordBatch>> Dense(std::shared_ptr<arrow::RecordBatch> rows) {
  for (int at = 0; at < rows->num_columns(); ++at) {
    const auto& field = rows->schema()->field(at);
    const auto type = DenseType(field->type());
    if (type == field->type()) continue;
    FEAST_ARROW_ASSIGN(const auto values, arrow::compute::Cast(*rows->column(at), type));
    FEAST_ARROW_ASSIGN(rows, rows->SetColumn(at, field->WithType(type), values));
  }
  return rows;
}

Result<Scattered> Scatter(const std::shared_ptr<arrow::RecordBatch>& rows,
                          std::span<const uint32_t> partition_of, size_t partitions) {
  Scattered out;
  out.first.assign(partitions + 1, 0);
  for (const uint32_t partition : partition_of) {
    if (partition != kNoKey) ++out.first[partition + 1];
  }
  for (size_t p = 0; p < partitions; ++p) out.first[p + 1] += out.first[p];
  std::vector<int64_t> picks(out.first.back());
  auto next = out.first;
  for (size_t row = 0; row < partition_of.size(); ++row) {
    if (partition_of[row] == kNoKey) continue;
    picks[next[partition_of[row]]++] = static_cast<int64_t>(row);
  }
  const auto indices = RowIndices(std::move(picks));
  FEAST_ARROW_ASSIGN(
      const auto taken,
      arrow::compute::Take(rows, indices, arrow::compute::TakeOptions::NoBoundsCheck()));
  out.rows = taken.record_batch();
  return out;
}

PartitionedRows::PartitionedRows(std::unique_ptr<SpillFile> file,
                                 std::shared_ptr<arrow::Schema> schema, int apart,
                                 size_t partitions)
    : file_(std::move(file)),
      schema_(std::move(schema)),
      apart_(apart),
      of_part_{Columns(*schema_, 0, apart), Columns(*schema_, apart, schema_->num_fields())},
      pieces_(partitions) {}

Result<std::unique_ptr<PartitionedRows>> PartitionedRows::Create(
    std::shared_ptr<SpillSpace> space, std::shared_ptr<arrow::Schema> schema, int apart,
    size_t partitions) {
  FEAST_ASSIGN_OR_RETURN(auto file, SpillFile::Create(std::move(space)));
  return std::unique_ptr<PartitionedRows>(
      new PartitionedRows(std::move(file), std::move(schema), apart, partitions));
}

Result<PartitionedRows::Piece::Bytes> PartitionedRows::Append(const arrow::RecordBatch& rows) {
  if (rows.num_columns() == 0) return Piece::Bytes{0, 0};
  FEAST_ARROW_ASSIGN(const auto bytes, arrow::ipc::SerializeRecordBatch(
                                           rows, arrow::ipc::IpcWriteOptions::Defaults()));
  FEAST_ASSIGN_OR_RETURN(const int64_t offset, file_->Append(std::string_view(*bytes)));
  return Piece::Bytes{offset, bytes->size()};
}

Status PartitionedRows::Write(size_t partition, const arrow::RecordBatch& rows) {
  if (rows.num_rows() == 0) return Status::OK();
  Piece piece{{}, rows.num_rows()};
  int first = 0;
  for (const int part : {0, 1}) {
    FEAST_ASSIGN_OR_RETURN(piece.columns[part], Append(*Columns(rows, first, of_part_[part])));
    first += of_part_[part]->num_fields();
  }
  pieces_[partition].push_back(piece);
  return Status::OK();
}

Status PartitionedRows::Write(const std::vector<Scattered>& rows, size_t threads) {
  return RunUnits(pieces_.size(), threads, [&](size_t partition, size_t) -> Status {
    arrow::RecordBatchVector slices;
    for (const auto& some : rows) {
      const int64_t first = some.first[partition], end = some.first[partition + 1];
      if (first < end) slices.push_back(some.rows->Slice(first, end - first));
    }
    if (slices.empty()) return Status::OK();
    FEAST_ARROW_ASSIGN(const auto whole, arrow::ConcatenateRecordBatches(slices));
    return Write(partition, *whole);
  });
}

Result<std::shared_ptr<arrow::RecordBatch>> PartitionedRows::Read(const Piece& piece,
                                                                  Part part) const {
  const auto& schema = of_part_[static_cast<int>(part)];
  const auto& place = piece.columns[static_cast<int>(part)];
  if (schema->num_fields() == 0) {
    return arrow::RecordBatch::Make(schema, piece.rows, arrow::ArrayVector());
  }
  FEAST_ASSIGN_OR_RETURN(auto bytes, file_->Read(place.offset, place.size));
  arrow::io::BufferReader stream(std::move(bytes));
  const arrow::ipc::DictionaryMemo none;
  FEAST_ARROW_ASSIGN(
      auto rows,
      arrow::ipc::ReadRecordBatch(schema, &none, arrow::ipc::IpcReadOptions::Defaults(), &stream));
  return rows;
}

Result<std::shared_ptr<arrow::RecordBatch>> PartitionedRows::Read(const Piece& piece) const {
  FEAST_ASSIGN_OR_RETURN(const auto apart, Read(piece, Part::kApart));
  FEAST_ASSIGN_OR_RETURN(const auto others, Read(piece, Part::kOthers));
  auto columns = apart->columns();
  columns.insert(columns.end(), others->columns().begin(), others->columns().end());
  return arrow::RecordBatch::Make(schema_, piece.rows, std::move(columns));
}

}  // namespace feast
