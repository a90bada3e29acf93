#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "feast/base/result.h"
#include "feast/types/value_type.h"

namespace feast {

/// How a value lies in PostgreSQL's binary form.
enum class PostgresForm : uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kFloat4,
  kFloat8,
  kText,
  kBytes,
  kDate,
  kTime,
  kTimestamp,  ///< without a zone: UTC
  kTimestamptz,
  kUuid,
};

/// A type of the server, as we read and write it. Immutable.
struct PostgresColumnType {
  std::string sql;                          ///< its own name, for casts: "numeric", "integer[]"
  PostgresForm form = PostgresForm::kText;  ///< in which values travel
  bool is_array = false;
  /// What it is cast to so that it travels in that form: "float8", "text[]"; empty: nothing.
  std::string travels_as;
  ValueType value_type = ValueType::kString;  ///< what schema inference makes of it
};

/// The types of those numbers; `names` are format_type's and `categories` pg_type's, for types that
/// have no number of their own in every server: they travel as text.
PostgresColumnType PostgresTypeOf(uint32_t number, const std::string& name, char category);

/// Whether the number alone says what it is.
bool IsBuiltIn(uint32_t number);

/// The Arrow type in which values of it are read: integers, floats and booleans as they are, of 16
/// bits in 32; numeric as float64; dates and times as timestamp[us]; all that is text to
/// PostgreSQL, uuid and JSON as string; arrays as lists.
std::shared_ptr<arrow::DataType> ArrowTypeOf(const PostgresColumnType& type);

/// What a column of that Arrow type becomes in a table that we create. InvalidArgument, naming the
/// column, for structs, maps and lists of lists.
Result<PostgresColumnType> PostgresTypeFor(const arrow::DataType& type, const std::string& column);

/// How rows are sent into a column: the Arrow type that they must have, and the type in which they
/// travel (`sql` empty: the column's own, else the text type that the server casts from).
struct SendingType {
  std::shared_ptr<arrow::DataType> arrow;
  PostgresForm form = PostgresForm::kText;
  bool is_array = false;
  std::string staged_as;  ///< "text" or "text[]" where the server casts it; empty: as it is
};
SendingType SendingTypeOf(const PostgresColumnType& type);

}  // namespace feast
