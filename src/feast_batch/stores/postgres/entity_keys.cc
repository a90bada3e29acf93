#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/type.h>

#include <cmath>
#include <functional>
#include <limits>

#include "feast/codec/utf8.h"
#include "feast_batch/point_in_time/arrow_status_internal.h"
#include "feast_batch/stores/postgres/entity_keys_internal.h"

namespace feast {
namespace {

using Form = PostgresForm;
using Chunked = std::shared_ptr<arrow::ChunkedArray>;

enum class Kind { kNothing, kInteger, kFloat, kText, kTime, kDecimal, kOther };

Kind KindOf(const arrow::DataType& type) {
  using arrow::Type;
  const auto id = type.id();
  if (id == Type::DICTIONARY) {
    return KindOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  if (id == Type::NA) return Kind::kNothing;
  if (id == Type::BOOL || arrow::is_integer(id)) return Kind::kInteger;
  if (arrow::is_floating(id)) return Kind::kFloat;
  if (arrow::is_base_binary_like(id) || arrow::is_binary_view_like(id) ||
      id == Type::FIXED_SIZE_BINARY) {
    return Kind::kText;
  }
  if (id == Type::TIMESTAMP || arrow::is_date(id)) return Kind::kTime;
  return arrow::is_decimal(id) ? Kind::kDecimal : Kind::kOther;
}

Result<Chunked> Cast(const arrow::ChunkedArray& column,
                     const std::shared_ptr<arrow::DataType>& type, bool safe = true) {
  auto from = std::make_shared<arrow::ChunkedArray>(column.chunks(), column.type());
  if (column.type()->id() == arrow::Type::DICTIONARY) {
    const auto& dictionary = static_cast<const arrow::DictionaryType&>(*column.type());
    FEAST_ARROW_ASSIGN(const auto plain,
                       arrow::compute::Cast(arrow::Datum(from), dictionary.value_type()));
    from = plain.chunked_array();
  }
  const auto options =
      safe ? arrow::compute::CastOptions::Safe(type) : arrow::compute::CastOptions::Unsafe(type);
  FEAST_ARROW_ASSIGN(const auto cast, arrow::compute::Cast(arrow::Datum(from), options));
  return cast.chunked_array();
}

// Each value through `append`, which appends one value or null.
template <typename From, typename Builder>
Result<Chunked> Mapped(const arrow::ChunkedArray& column,
                       const std::function<arrow::Status(const From&, int64_t, Builder&)>& append) {
  Builder builder;
  FEAST_ARROW_RETURN_IF_ERROR(builder.Reserve(column.length()));
  for (const auto& chunk : column.chunks()) {
    const auto& values = static_cast<const From&>(*chunk);
    for (int64_t row = 0; row < values.length(); ++row) {
      FEAST_ARROW_RETURN_IF_ERROR(values.IsNull(row) ? builder.AppendNull()
                                                     : append(values, row, builder));
    }
  }
  FEAST_ARROW_ASSIGN(auto array, builder.Finish());
  return std::make_shared<arrow::ChunkedArray>(std::move(array));
}

Result<Chunked> WholeNumbers(const arrow::ChunkedArray& column) {
  if (KindOf(*column.type()) == Kind::kInteger) return Cast(column, arrow::int64());
  FEAST_ASSIGN_OR_RETURN(const auto floats, Cast(column, arrow::float64()));
  return Mapped<arrow::DoubleArray, arrow::Int64Builder>(
      *floats, [](const auto& values, int64_t row, auto& builder) {
        const double value = values.Value(row);
        const bool whole = value == std::floor(value) && std::abs(value) < 9.2e18;
        return whole ? builder.Append(static_cast<int64_t>(value)) : builder.AppendNull();
      });
}

Result<Chunked> Floats(const arrow::ChunkedArray& column) {
  FEAST_ASSIGN_OR_RETURN(const auto floats, Cast(column, arrow::float64(), /*safe=*/false));
  return Mapped<arrow::DoubleArray, arrow::DoubleBuilder>(
      *floats, [](const auto& values, int64_t row, auto& builder) {
        const double value = values.Value(row);
        return std::isnan(value) ? builder.AppendNull() : builder.Append(value);
      });
}

Result<Chunked> Flags(const arrow::ChunkedArray& column) {
  FEAST_ASSIGN_OR_RETURN(const auto numbers, WholeNumbers(column));
  return Mapped<arrow::Int64Array, arrow::BooleanBuilder>(
      *numbers, [](const auto& values, int64_t row, auto& builder) {
        const int64_t value = values.Value(row);
        return value == 0 || value == 1 ? builder.Append(value == 1) : builder.AppendNull();
      });
}

bool IsText(std::string_view text) {
  return text.find('\0') == std::string_view::npos && IsUtf8(text);
}

// The server takes more spellings; these are those in which uuids are read.
bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

Result<Chunked> Texts(const arrow::ChunkedArray& column, bool (*fits)(std::string_view)) {
  FEAST_ASSIGN_OR_RETURN(const auto bytes, Cast(column, arrow::binary()));
  return Mapped<arrow::BinaryArray, arrow::BinaryBuilder>(
      *bytes, [&](const auto& values, int64_t row, auto& builder) {
        const auto text = values.GetView(row);
        return fits(text) ? builder.Append(text) : builder.AppendNull();
      });
}

Result<Chunked> Times(const arrow::ChunkedArray& column) {
  const auto& type = *column.type();
  std::string zone;
  if (type.id() == arrow::Type::TIMESTAMP) {
    zone = static_cast<const arrow::TimestampType&>(type).timezone();
  }
  return Cast(column, arrow::timestamp(arrow::TimeUnit::MICRO, zone), /*safe=*/false);
}

Result<EntityKey> Made(Result<Chunked> values, Form form, const char* sql_type,
                       const char* cast = "") {
  if (!values.ok()) return values.status();
  return EntityKey{*std::move(values), form, sql_type, cast};
}

// Numbers of the entity rows against a column of numbers.
Result<EntityKey> NumberKey(const arrow::ChunkedArray& column, Kind kind,
                            const PostgresColumnType& source) {
  const bool exact = !source.travels_as.empty();  // numeric
  if (exact && kind == Kind::kInteger) {
    return Made(Cast(column, arrow::int64()), Form::kInt8, "bigint", "::numeric");
  }
  if (source.form == Form::kFloat4 || source.form == Form::kFloat8) {
    return Made(Floats(column), Form::kFloat8, "double precision", exact ? "::numeric" : "");
  }
  if (source.form == Form::kBool) return Made(Flags(column), Form::kBool, "boolean");
  return Made(WholeNumbers(column), Form::kInt8, "bigint");
}

Result<EntityKey> TextKey(const arrow::ChunkedArray& column, const PostgresColumnType& source) {
  if (source.form == Form::kBytes) {
    return Made(Cast(column, arrow::binary()), Form::kBytes, "bytea");
  }
  if (source.form == Form::kUuid) return Made(Texts(column, IsUuid), Form::kText, "text", "::uuid");
  FEAST_ASSIGN_OR_RETURN(EntityKey key, Made(Texts(column, IsText), Form::kText, "text"));
  key.source_as_text = !source.travels_as.empty();
  // Else the column would be compared as text, without its index and with its padding.
  if (source.sql == "bpchar") key.cast = "::bpchar";
  return key;
}

}  // namespace

Result<EntityKey> EntityKeyFor(const arrow::ChunkedArray& column,
                               const PostgresColumnType& source) {
  const Kind kind = KindOf(*column.type());
  const bool numbers = source.form == Form::kBool || source.form == Form::kInt2 ||
                       source.form == Form::kInt4 || source.form == Form::kInt8 ||
                       source.form == Form::kFloat4 || source.form == Form::kFloat8;
  const bool texts =
      source.form == Form::kText || source.form == Form::kBytes || source.form == Form::kUuid;
  const bool times = source.form == Form::kDate || source.form == Form::kTimestamp ||
                     source.form == Form::kTimestamptz;
  if (!source.is_array) {
    if (kind == Kind::kNothing) {
      auto key = Made(Cast(column, arrow::binary()), Form::kText, "text");
      if (key.ok()) key->source_as_text = true;
      return key;
    }
    if (numbers && (kind == Kind::kInteger || kind == Kind::kFloat)) {
      return NumberKey(column, kind, source);
    }
    if (numbers && kind == Kind::kDecimal && !source.travels_as.empty()) {
      return Made(Cast(column, arrow::utf8()), Form::kText, "text", "::numeric");
    }
    if (texts && kind == Kind::kText) return TextKey(column, source);
    if (times && kind == Kind::kTime) {
      const char* const cast = source.form == Form::kTimestamp ? "::timestamp" : "";
      return Made(Times(column), Form::kTimestamptz, "timestamptz", cast);
    }
  }
  return Status::InvalidArgument("is of type " + column.type()->ToString() +
                                 " in the entity rows and " + source.sql +
                                 " in the source, which cannot be compared");
}

}  // namespace feast
