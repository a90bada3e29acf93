#include "feast_batch/stores/postgres/column_types.h"

#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace feast {
namespace {

/// A type that every server has under these numbers.
struct Row {
  uint32_t number;
  uint32_t array;
  std::string_view name;
  PostgresForm form;
  std::string_view travels_as;
  ValueType value, list;
};

using Form = PostgresForm;
using Type = ValueType;

constexpr std::array<Row, 20> kTypes = {{
    {16, 1000, "boolean", Form::kBool, "", Type::kBool, Type::kBoolList},
    {17, 1001, "bytea", Form::kBytes, "", Type::kBytes, Type::kBytesList},
    {18, 1002, "\"char\"", Form::kText, "text", Type::kString, Type::kStringList},
    {19, 1003, "name", Form::kText, "", Type::kString, Type::kStringList},
    {20, 1016, "bigint", Form::kInt8, "", Type::kInt64, Type::kInt64List},
    {21, 1005, "smallint", Form::kInt2, "", Type::kInt32, Type::kInt32List},
    {23, 1007, "integer", Form::kInt4, "", Type::kInt32, Type::kInt32List},
    {25, 1009, "text", Form::kText, "", Type::kString, Type::kStringList},
    {114, 199, "json", Form::kText, "text", Type::kMap, Type::kMapList},
    {700, 1021, "real", Form::kFloat4, "", Type::kFloat, Type::kFloatList},
    {701, 1022, "double precision", Form::kFloat8, "", Type::kDouble, Type::kDoubleList},
    {1042, 1014, "bpchar", Form::kText, "", Type::kString, Type::kStringList},
    {1043, 1015, "character varying", Form::kText, "", Type::kString, Type::kStringList},
    {1082, 1182, "date", Form::kDate, "", Type::kUnixTimestamp, Type::kUnixTimestampList},
    {1083, 1183, "time without time zone", Form::kTime, "", Type::kUnixTimestamp,
     Type::kUnixTimestampList},
    {1114, 1115, "timestamp without time zone", Form::kTimestamp, "", Type::kUnixTimestamp,
     Type::kUnixTimestampList},
    {1184, 1185, "timestamp with time zone", Form::kTimestamptz, "", Type::kUnixTimestamp,
     Type::kUnixTimestampList},
    {1700, 1231, "numeric", Form::kFloat8, "double precision", Type::kDouble, Type::kDoubleList},
    {2950, 2951, "uuid", Form::kUuid, "", Type::kUuid, Type::kUuidList},
    {3802, 3807, "jsonb", Form::kText, "text", Type::kMap, Type::kMapList},
}};

const Row* RowOf(uint32_t number) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(), [&](const Row& row) {
    return row.number == number || row.array == number;
  });
  return found == kTypes.end() ? nullptr : found;
}

PostgresColumnType Made(uint32_t number, bool is_array) {
  return PostgresTypeOf(is_array ? RowOf(number)->array : number, "", ' ');
}

std::shared_ptr<arrow::DataType> ArrowOf(Form form, bool sending) {
  const auto micros = arrow::TimeUnit::MICRO;
  switch (form) {
    case Form::kBool:
      return arrow::boolean();
    case Form::kInt2:
      return sending ? arrow::int16() : arrow::int32();
    case Form::kInt4:
      return arrow::int32();
    case Form::kInt8:
      return arrow::int64();
    case Form::kFloat4:
      return arrow::float32();
    case Form::kFloat8:
      return arrow::float64();
    case Form::kText:
    case Form::kUuid:
      return arrow::utf8();
    case Form::kBytes:
      return arrow::binary();
    case Form::kDate:
      return sending ? arrow::date32() : arrow::timestamp(micros);
    case Form::kTime:
    case Form::kTimestamp:
      return arrow::timestamp(micros);
    case Form::kTimestamptz:
      return arrow::timestamp(micros, "UTC");
  }
  return arrow::utf8();
}

// The number of the server's type for an Arrow type; 0: none.
uint32_t NumberFor(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return 16;
    case arrow::Type::INT8:
    case arrow::Type::UINT8:
    case arrow::Type::INT16:
      return 21;
    case arrow::Type::UINT16:
    case arrow::Type::INT32:
      return 23;
    case arrow::Type::UINT32:
    case arrow::Type::INT64:
      return 20;
    case arrow::Type::UINT64:
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return 1700;
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return 700;
    case arrow::Type::DOUBLE:
      return 701;
    case arrow::Type::NA:
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return 25;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return 17;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return 1082;
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? 1114 : 1184;
    case arrow::Type::DICTIONARY:
      return NumberFor(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return 0;
  }
}

}  // namespace

bool IsBuiltIn(uint32_t number) { return RowOf(number) != nullptr; }

PostgresColumnType PostgresTypeOf(uint32_t number, const std::string& name, char category) {
  const Row* row = RowOf(number);
  if (row == nullptr) {
    const bool is_array = category == 'A';
    return {name, Form::kText, is_array, is_array ? "text[]" : "text",
            is_array ? Type::kStringList : Type::kString};
  }
  const bool is_array = number == row->array;
  const std::string brackets = is_array ? "[]" : "";
  PostgresColumnType type;
  type.sql = std::string(row->name) + brackets;
  type.form = row->form;
  type.is_array = is_array;
  if (!row->travels_as.empty()) type.travels_as = std::string(row->travels_as) + brackets;
  type.value_type = is_array ? row->list : row->value;
  return type;
}

std::shared_ptr<arrow::DataType> ArrowTypeOf(const PostgresColumnType& type) {
  auto value = ArrowOf(type.form, /*sending=*/false);
  return type.is_array ? arrow::list(std::move(value)) : value;
}

Result<PostgresColumnType> PostgresTypeFor(const arrow::DataType& type, const std::string& column) {
  const bool is_list = type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
                       type.id() == arrow::Type::FIXED_SIZE_LIST;
  const uint32_t number = NumberFor(is_list ? *type.field(0)->type() : type);
  if (number == 0) {
    return Status::InvalidArgument("column '" + column + "' is of type " + type.ToString() +
                                   ", for which PostgreSQL has no column type of ours");
  }
  return Made(number, is_list);
}

SendingType SendingTypeOf(const PostgresColumnType& type) {
  // What travels through a cast, or in parts (uuid, time), is sent as text and cast there.
  const bool staged =
      !type.travels_as.empty() || type.form == Form::kUuid || type.form == Form::kTime;
  SendingType out;
  out.form = staged ? Form::kText : type.form;
  out.is_array = type.is_array;
  if (staged) out.staged_as = type.is_array ? "text[]" : "text";
  out.arrow = ArrowOf(out.form, /*sending=*/true);
  if (type.is_array) out.arrow = arrow::list(out.arrow);
  return out;
}

}  // namespace feast
