#include <arrow/array.h>
#include <arrow/chunked_array.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <bit>
#include <limits>

#include "feast/base/clock.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/stores/postgres/copy_encoder_internal.h"

namespace feast {
namespace {

constexpr Micros kEpoch = 946'684'800 * kMicrosPerSecond;  // 2000-01-01
constexpr int32_t kEpochDay = 10'957;
// What lies outside becomes the server's infinities.
constexpr Micros kFirstTime = -211'813'488'000'000'000;
constexpr Micros kEndOfTime = 9'223'371'331'200'000'000;
constexpr size_t kPiece = size_t{1} << 18;

template <typename Int>
void Put(Int number, std::string* out) {
  auto bits = static_cast<std::make_unsigned_t<Int>>(number);
  char bytes[sizeof bits];
  for (size_t i = sizeof bits; i-- > 0;) {
    bytes[i] = static_cast<char>(bits & 0xff);
    if constexpr (sizeof bits > 1) bits >>= 8;
  }
  out->append(bytes, sizeof bytes);
}

template <typename Int>
void PutSized(Int number, std::string* out) {
  Put(static_cast<int32_t>(sizeof number), out);
  Put(number, out);
}

int64_t ServerTime(Micros time) {
  int64_t micros;
  if (__builtin_sub_overflow(time, kEpoch, &micros) || micros < kFirstTime) {
    return time < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  return micros >= kEndOfTime ? std::numeric_limits<int64_t>::max() : micros;
}

template <typename Array>
auto ValueAt(const arrow::Array& array, int64_t row) {
  return static_cast<const Array&>(array).Value(row);
}

void PutText(const arrow::Array& array, int64_t row, std::string* out) {
  const auto text = static_cast<const arrow::BinaryArray&>(array).GetView(row);
  Put(static_cast<int32_t>(text.size()), out);
  out->append(text);
}

void PutValue(const arrow::Array& array, int64_t row, PostgresForm form, std::string* out) {
  if (array.IsNull(row)) return Put(int32_t{-1}, out);
  switch (form) {
    case PostgresForm::kBool:
      return PutSized(static_cast<int8_t>(ValueAt<arrow::BooleanArray>(array, row)), out);
    case PostgresForm::kInt2:
      return PutSized(ValueAt<arrow::Int16Array>(array, row), out);
    case PostgresForm::kInt4:
      return PutSized(ValueAt<arrow::Int32Array>(array, row), out);
    case PostgresForm::kInt8:
      return PutSized(ValueAt<arrow::Int64Array>(array, row), out);
    case PostgresForm::kFloat4:
      return PutSized(std::bit_cast<uint32_t>(ValueAt<arrow::FloatArray>(array, row)), out);
    case PostgresForm::kFloat8:
      return PutSized(std::bit_cast<uint64_t>(ValueAt<arrow::DoubleArray>(array, row)), out);
    case PostgresForm::kDate:
      return PutSized(ValueAt<arrow::Date32Array>(array, row) - kEpochDay, out);
    case PostgresForm::kTimestamp:
    case PostgresForm::kTimestamptz:
      return PutSized(ServerTime(ValueAt<arrow::TimestampArray>(array, row)), out);
    case PostgresForm::kText:
    case PostgresForm::kBytes:
    case PostgresForm::kTime:  // sent as texts
    case PostgresForm::kUuid:
      return PutText(array, row, out);
  }
}

// The server's number of the items' type, which an array's data names.
uint32_t ItemType(PostgresForm form) {
  switch (form) {
    case PostgresForm::kBool:
      return 16;
    case PostgresForm::kBytes:
      return 17;
    case PostgresForm::kInt8:
      return 20;
    case PostgresForm::kInt2:
      return 21;
    case PostgresForm::kInt4:
      return 23;
    case PostgresForm::kFloat4:
      return 700;
    case PostgresForm::kFloat8:
      return 701;
    case PostgresForm::kDate:
      return 1082;
    case PostgresForm::kTimestamp:
      return 1114;
    case PostgresForm::kTimestamptz:
      return 1184;
    case PostgresForm::kText:
    case PostgresForm::kTime:
    case PostgresForm::kUuid:
      return 25;
  }
  return 25;
}

void PutList(const arrow::Array& array, int64_t row, PostgresForm form, std::string* out) {
  if (array.IsNull(row)) return Put(int32_t{-1}, out);
  const auto& lists = static_cast<const arrow::ListArray&>(array);
  const int32_t size = lists.value_length(row);
  const size_t start = out->size();
  Put(int32_t{0}, out);  // the length, once it is known
  Put(int32_t{size > 0 ? 1 : 0}, out);
  Put(int32_t{1}, out);  // there may be nulls
  Put(ItemType(form), out);
  if (size > 0) {
    Put(size, out);
    Put(int32_t{1}, out);
    const int32_t first = lists.value_offset(row);
    for (int32_t i = 0; i < size; ++i) PutValue(*lists.values(), first + i, form, out);
  }
  std::string length;
  Put(static_cast<int32_t>(out->size() - start - sizeof(int32_t)), &length);
  out->replace(start, length.size(), length);
}

}  // namespace

CopySender::CopySender(PostgresSession& session, std::vector<SendingType> types)
    : session_(session), types_(std::move(types)), buffer_("PGCOPY\n\377\r\n\0", 11) {
  buffer_.append(8, '\0');  // no flags, no extension
}

Status CopySender::Send(const std::vector<std::shared_ptr<arrow::ChunkedArray>>& columns) {
  if (columns.size() != types_.size()) return Status::Internal("columns and types differ");
  arrow::FieldVector fields;
  for (size_t at = 0; at < columns.size(); ++at) {
    fields.push_back(arrow::field(std::to_string(at), columns[at]->type()));
  }
  // Batches in which every column is one array.
  const auto table = arrow::Table::Make(arrow::schema(std::move(fields)), columns);
  arrow::TableBatchReader batches(*table);
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    FEAST_ARROW_RETURN_IF_ERROR(batches.ReadNext(&batch));
    if (!batch) return Status::OK();
    const auto arrays = batch->columns();
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      Put(static_cast<int16_t>(types_.size()), &buffer_);
      for (size_t at = 0; at < types_.size(); ++at) {
        const auto put = types_[at].is_array ? PutList : PutValue;
        put(*arrays[at], row, types_[at].form, &buffer_);
      }
      if (buffer_.size() < kPiece) continue;
      FEAST_RETURN_IF_ERROR(session_.Send(buffer_));
      buffer_.clear();
    }
  }
}

Status CopySender::Finish() {
  Put(int16_t{-1}, &buffer_);
  FEAST_RETURN_IF_ERROR(session_.Send(buffer_));
  buffer_.clear();
  return session_.FinishSending();
}

Status SendColumns(PostgresSession& session,
                   const std::vector<std::shared_ptr<arrow::ChunkedArray>>& columns,
                   const std::vector<SendingType>& types) {
  CopySender sender(session, types);
  FEAST_RETURN_IF_ERROR(sender.Send(columns));
  return sender.Finish();
}

}  // namespace feast
