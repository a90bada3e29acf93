#include "feast/server/data_frame.h"

#include <cerrno>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace feast {
namespace {

enum class Kind { kNull, kBool, kInt, kDouble, kText, kBytes, kList };

/// The type that all values of a column share.
struct Shape {
  Kind kind = Kind::kNull;
  std::unique_ptr<Shape> item;  ///< of a list
};

Status Refused(const std::string& column, const std::string& what) {
  return Status::InvalidArgument("Column '" + column + "' of df " + what);
}

// NaN at the top level is pandas' null, whatever the column's type.
bool IsNull(const RawValue& value) {
  const auto* number = std::get_if<double>(&value.data);
  return value.is_null() || (number && std::isnan(*number));
}

Result<Kind> KindOf(const RawValue& value, const std::string& column) {
  switch (value.data.index()) {
    case 0:
      return Kind::kNull;
    case 1:
      return Kind::kBool;
    case 2:
      return Kind::kInt;
    case 3:
      return Kind::kDouble;
    case 4:
      return Kind::kText;
    case 5:
      return Kind::kBytes;
    case 6:
      return Kind::kList;
    default:
      return Refused(
          column, "holds an object: only numbers, booleans, text, bytes and arrays can be written");
  }
}

Status Widen(const RawValue& value, const std::string& column, Shape* shape) {
  FEAST_ASSIGN_OR_RETURN(const Kind kind, KindOf(value, column));
  if (kind == Kind::kNull) return Status::OK();
  const bool both_numbers = (kind == Kind::kInt && shape->kind == Kind::kDouble) ||
                            (kind == Kind::kDouble && shape->kind == Kind::kInt);
  if (shape->kind == Kind::kNull) {
    shape->kind = kind;
  } else if (both_numbers) {
    shape->kind = Kind::kDouble;
  } else if (shape->kind != kind) {
    return Refused(column, "mixes values of different types");
  }
  if (kind != Kind::kList) return Status::OK();
  if (!shape->item) shape->item = std::make_unique<Shape>();
  for (const RawValue& item : std::get<RawValue::List>(value.data)) {
    FEAST_RETURN_IF_ERROR(Widen(item, column, shape->item.get()));
  }
  return Status::OK();
}

ArrowType TypeOf(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return NANOARROW_TYPE_NA;
    case Kind::kBool:
      return NANOARROW_TYPE_BOOL;
    case Kind::kInt:
      return NANOARROW_TYPE_INT64;
    case Kind::kDouble:
      return NANOARROW_TYPE_DOUBLE;
    case Kind::kText:
      return NANOARROW_TYPE_STRING;
    case Kind::kBytes:
      return NANOARROW_TYPE_BINARY;
    case Kind::kList:
      return NANOARROW_TYPE_LIST;
  }
  return NANOARROW_TYPE_NA;
}

int SetSchema(const Shape& shape, ArrowSchema* schema) {
  NANOARROW_RETURN_NOT_OK(ArrowSchemaSetType(schema, TypeOf(shape.kind)));
  return shape.kind == Kind::kList ? SetSchema(*shape.item, schema->children[0]) : NANOARROW_OK;
}

int Append(const Shape& shape, const RawValue& value, ArrowArray* array) {
  if (value.is_null()) return ArrowArrayAppendNull(array, 1);
  switch (shape.kind) {
    case Kind::kNull:
      return ArrowArrayAppendNull(array, 1);
    case Kind::kBool:
      return ArrowArrayAppendInt(array, std::get<bool>(value.data) ? 1 : 0);
    case Kind::kInt:
      return ArrowArrayAppendInt(array, std::get<int64_t>(value.data));
    case Kind::kDouble: {
      const auto* integer = std::get_if<int64_t>(&value.data);
      return ArrowArrayAppendDouble(
          array, integer ? static_cast<double>(*integer) : std::get<double>(value.data));
    }
    case Kind::kText: {
      const auto& text = std::get<std::string>(value.data);
      return ArrowArrayAppendString(array, {text.data(), static_cast<int64_t>(text.size())});
    }
    case Kind::kBytes: {
      const auto& bytes = std::get<RawBytes>(value.data).bytes;
      return ArrowArrayAppendBytes(array, {{bytes.data()}, static_cast<int64_t>(bytes.size())});
    }
    case Kind::kList:
      for (const RawValue& item : std::get<RawValue::List>(value.data)) {
        NANOARROW_RETURN_NOT_OK(Append(*shape.item, item, array->children[0]));
      }
      return ArrowArrayFinishElement(array);
  }
  return EINVAL;
}

int BuildSchema(const RawValue::Map& columns, const std::vector<Shape>& shapes,
                ArrowSchema* schema) {
  ArrowSchemaInit(schema);
  NANOARROW_RETURN_NOT_OK(ArrowSchemaSetTypeStruct(schema, static_cast<int64_t>(columns.size())));
  for (size_t i = 0; i < columns.size(); ++i) {
    NANOARROW_RETURN_NOT_OK(SetSchema(shapes[i], schema->children[i]));
    NANOARROW_RETURN_NOT_OK(ArrowSchemaSetName(schema->children[i], columns[i].key.c_str()));
  }
  return NANOARROW_OK;
}

int BuildBatch(const RawValue::Map& columns, const std::vector<Shape>& shapes, size_t rows,
               const ArrowSchema* schema, ArrowArray* batch) {
  NANOARROW_RETURN_NOT_OK(ArrowArrayInitFromSchema(batch, schema, nullptr));
  NANOARROW_RETURN_NOT_OK(ArrowArrayStartAppending(batch));
  for (size_t i = 0; i < columns.size(); ++i) {
    for (const RawValue& value : std::get<RawValue::List>(columns[i].value.data)) {
      NANOARROW_RETURN_NOT_OK(IsNull(value) ? ArrowArrayAppendNull(batch->children[i], 1)
                                            : Append(shapes[i], value, batch->children[i]));
    }
  }
  batch->length = static_cast<int64_t>(rows);
  return ArrowArrayFinishBuildingDefault(batch, nullptr);
}

Result<size_t> RowsOf(const RawValue::Map& columns) {
  if (columns.empty()) return size_t{0};
  size_t rows = 0;
  for (const auto& [name, value] : columns) {
    const auto* list = std::get_if<RawValue::List>(&value.data);
    if (!list) return Refused(name, "must be an array with one value a row");
    if (&value == &columns.front().value) rows = list->size();
    if (list->size() != rows) {
      return Status::InvalidArgument("All arrays of df must be of the same length: '" +
                                     columns.front().key + "' has " + std::to_string(rows) +
                                     " values, '" + name + "' has " + std::to_string(list->size()));
    }
  }
  return rows;
}

}  // namespace

Result<OwnedStream> DataFrameToStream(const RawValue::Map& columns) {
  FEAST_ASSIGN_OR_RETURN(const size_t rows, RowsOf(columns));
  std::vector<Shape> shapes(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    for (const RawValue& value : std::get<RawValue::List>(columns[i].value.data)) {
      if (!IsNull(value)) FEAST_RETURN_IF_ERROR(Widen(value, columns[i].key, &shapes[i]));
    }
  }
  OwnedSchema schema;
  OwnedArray batch;
  OwnedStream stream;
  if (BuildSchema(columns, shapes, schema.get()) != NANOARROW_OK ||
      BuildBatch(columns, shapes, rows, schema.get(), batch.get()) != NANOARROW_OK ||
      ArrowBasicArrayStreamInit(stream.get(), schema.get(), 1) != NANOARROW_OK) {
    return Status::ResourceExhausted("df cannot be held in memory");
  }
  ArrowBasicArrayStreamSetArray(stream.get(), 0, batch.get());
  return stream;
}

}  // namespace feast
