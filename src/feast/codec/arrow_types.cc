#include "feast/codec/arrow_types.h"

#include <array>
#include <string>

#include "feast/codec/column_codec.h"

namespace feast {
namespace {

/// Scalar type of an Arrow type that schema inference knows, or kInvalid.
ValueType ScalarOf(ArrowType type) {
  using enum ValueType;
  switch (type) {
    case NANOARROW_TYPE_NA:
      return kNull;
    case NANOARROW_TYPE_BOOL:
      return kBool;
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
      return kInt32;
    case NANOARROW_TYPE_INT64:
    case NANOARROW_TYPE_UINT32:
    case NANOARROW_TYPE_UINT64:
      return kInt64;
    case NANOARROW_TYPE_FLOAT:
      return kFloat;
    case NANOARROW_TYPE_DOUBLE:
      return kDouble;
    case NANOARROW_TYPE_STRING:
      return kString;
    case NANOARROW_TYPE_LARGE_STRING:
      return kJson;
    case NANOARROW_TYPE_BINARY:
      return kBytes;
    case NANOARROW_TYPE_TIMESTAMP:
      return kUnixTimestamp;
    case NANOARROW_TYPE_MAP:
      return kMap;
    case NANOARROW_TYPE_STRUCT:
      return kStruct;
    default:
      return kInvalid;
  }
}

ValueType ListOf(ValueType scalar) {
  using enum ValueType;
  switch (scalar) {
    case kMap:
      return kMapList;
    case kJson:
      return kJsonList;
    case kStruct:
      return kStructList;
    case kBytes:
    case kString:
    case kInt32:
    case kInt64:
    case kDouble:
    case kFloat:
    case kBool:
    case kUnixTimestamp:
      return static_cast<ValueType>(static_cast<int>(scalar) + 10);
    default:
      return kInvalid;
  }
}

bool IsList(ArrowType type) {
  return type == NANOARROW_TYPE_LIST || type == NANOARROW_TYPE_FIXED_SIZE_LIST;
}

int SetElement(const ValueTypeFacts& facts, ArrowSchema* schema);

int SetMap(ArrowSchema* schema) {
  NANOARROW_RETURN_NOT_OK(ArrowSchemaSetType(schema, NANOARROW_TYPE_MAP));
  ArrowSchema* entry = schema->children[0];
  NANOARROW_RETURN_NOT_OK(ArrowSchemaSetType(entry->children[0], NANOARROW_TYPE_STRING));
  entry->children[0]->flags &= ~ARROW_FLAG_NULLABLE;
  return ArrowSchemaSetType(entry->children[1], NANOARROW_TYPE_STRING);
}

int SetElement(const ValueTypeFacts& facts, ArrowSchema* schema) {
  switch (facts.element) {
    case ElementKind::kBytes:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_BINARY);
    case ElementKind::kString:
      return ArrowSchemaSetType(schema,
                                facts.type == ValueType::kJson || facts.type == ValueType::kJsonList
                                    ? NANOARROW_TYPE_LARGE_STRING
                                    : NANOARROW_TYPE_STRING);
    case ElementKind::kInt32:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_INT32);
    case ElementKind::kInt64:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_INT64);
    case ElementKind::kDouble:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_DOUBLE);
    case ElementKind::kFloat:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_FLOAT);
    case ElementKind::kBool:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_BOOL);
    case ElementKind::kMap:
      return SetMap(schema);
    case ElementKind::kValue:
      NANOARROW_RETURN_NOT_OK(ArrowSchemaSetType(schema, NANOARROW_TYPE_LIST));
      return ArrowSchemaSetType(schema->children[0], NANOARROW_TYPE_STRING);
    case ElementKind::kNone:
      return ArrowSchemaSetType(schema, NANOARROW_TYPE_NA);
    case ElementKind::kOther:
      if (facts.type == ValueType::kScalarMap) return SetMap(schema);
      [[fallthrough]];
    case ElementKind::kTimestamp:
      return ArrowSchemaSetTypeDateTime(schema, NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO,
                                        "UTC");
  }
  return EINVAL;
}

}  // namespace

ValueType ValueTypeOfArrow(const ArrowSchema& schema) {
  if (schema.dictionary) return ValueTypeOfArrow(*schema.dictionary);
  ArrowSchemaView view{};
  if (ArrowSchemaViewInit(&view, &schema, nullptr) != NANOARROW_OK) return ValueType::kInvalid;
  if (!IsList(view.type)) return ScalarOf(view.type);
  ArrowSchemaView item;
  if (ArrowSchemaViewInit(&item, schema.children[0], nullptr) != NANOARROW_OK) {
    return ValueType::kInvalid;
  }
  return IsList(item.type) ? ValueType::kValueList : ListOf(ScalarOf(item.type));
}

Result<OwnedSchema> ArrowSchemaOfType(ValueType type, std::string_view name) {
  const ValueTypeFacts& facts = FactsOf(type);
  OwnedSchema schema;
  ArrowSchemaInit(schema.get());
  int code = 0;
  if (facts.shape == Shape::kScalar) {
    code = SetElement(facts, schema.get());
  } else {
    code = ArrowSchemaSetType(schema.get(), NANOARROW_TYPE_LIST);
    if (code == 0) code = SetElement(facts, schema->children[0]);
  }
  if (code == 0) code = ArrowSchemaSetName(schema.get(), std::string(name).c_str());
  if (code != 0) return Status::Internal("building an Arrow schema for " + std::string(facts.name));
  return schema;
}

}  // namespace feast
