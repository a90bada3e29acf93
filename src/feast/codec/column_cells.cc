#include "feast/codec/column_cells.h"

#include "feast/codec/iso_time.h"
#include "feast/codec/raw_convert.h"

namespace feast {
namespace {

using Node = ColumnCells::Node;

constexpr int kMaxDepth = 32;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

Status ParseNode(const ArrowSchema& schema, int depth, Node* out) {
  ArrowError error;
  if (depth > kMaxDepth) return Status::InvalidArgument("nested too deeply");
  if (ArrowSchemaViewInit(&out->view, &schema, &error) != NANOARROW_OK) {
    return Status::InvalidArgument(error.message);
  }
  out->name = schema.name ? schema.name : "";
  for (int64_t i = 0; i < schema.n_children; ++i) {
    out->children.emplace_back();
    FEAST_RETURN_IF_ERROR(ParseNode(*schema.children[i], depth + 1, &out->children.back()));
  }
  if (schema.dictionary) {
    out->dictionary = std::make_unique<Node>();
    return ParseNode(*schema.dictionary, depth + 1, out->dictionary.get());
  }
  return Status::OK();
}

std::string_view TextOf(const ArrowArrayView* view, int64_t row) {
  const ArrowBufferView text = ArrowArrayViewGetBytesUnsafe(view, row);
  return {text.data.as_char, static_cast<size_t>(text.size_bytes)};
}

Result<Micros> ReadTime(const Node& node, const ArrowArrayView* view, int64_t row) {
  if (node.dictionary) {
    return ReadTime(*node.dictionary, view->dictionary, ArrowArrayViewGetIntUnsafe(view, row));
  }
  switch (node.view.type) {
    case NANOARROW_TYPE_TIMESTAMP:
      return MicrosOfUnit(ArrowArrayViewGetIntUnsafe(view, row), node.view.time_unit);
    case NANOARROW_TYPE_DATE32:
      return ArrowArrayViewGetIntUnsafe(view, row) * kMicrosPerDay;
    case NANOARROW_TYPE_DATE64:
      return MicrosOfUnit(ArrowArrayViewGetIntUnsafe(view, row), NANOARROW_TIME_UNIT_MILLI);
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
    case NANOARROW_TYPE_STRING_VIEW: {
      FEAST_ASSIGN_OR_RETURN(const IsoTime time, ParseIso8601(TextOf(view, row)));
      return time.utc;
    }
    default:
      return Status::InvalidArgument(std::string("not a time: a column of type ") +
                                     ArrowTypeString(node.view.type));
  }
}

/// A time on its way to `type`: text for string types, {seconds, zone} for zoned ones, else
/// seconds.
RawValue TimeAs(Micros time, const Node& node, ValueType type) {
  const std::string_view zone = node.view.timezone ? node.view.timezone : "";
  const int64_t seconds = FloorDivide(time, kMicrosPerSecond);
  if (type == ValueType::kZonedTimestamp) {
    return {RawValue::Map{{"unix_timestamp", {seconds}}, {"zone", {std::string(zone)}}}};
  }
  if (FactsOf(type).element != ElementKind::kString) return {seconds};
  std::string text;
  if (node.view.type != NANOARROW_TYPE_TIMESTAMP) {
    AppendIsoDate(time, &text);
  } else {
    AppendIsoTime(time, ' ', false, &text);
    if (!zone.empty()) text.append("+00:00");
  }
  return {std::move(text)};
}

Result<RawValue> ReadDecimal(const Node& node, const ArrowArrayView* view, int64_t row) {
  ArrowDecimal decimal;
  ArrowDecimalInit(&decimal, node.view.decimal_bitwidth, node.view.decimal_precision,
                   node.view.decimal_scale);
  ArrowArrayViewGetDecimalUnsafe(view, row, &decimal);
  ArrowBuffer text;
  ArrowBufferInit(&text);
  const int code = ArrowDecimalAppendStringToBuffer(&decimal, &text);
  std::string copy(reinterpret_cast<const char*>(text.data), static_cast<size_t>(text.size_bytes));
  ArrowBufferReset(&text);
  if (code != NANOARROW_OK) return Status::Internal("out of memory reading a decimal");
  return RawValue{std::move(copy)};
}

Result<RawValue> ReadCell(const Node& node, const ArrowArrayView* view, int64_t row,
                          ValueType type);

Result<RawValue> ReadList(const Node& node, const ArrowArrayView* view, int64_t row,
                          ValueType type) {
  const int64_t begin = ListBegin(*view, row);
  const int64_t end = ListBegin(*view, row + 1);
  RawValue::List list;
  for (int64_t i = begin; i < end; ++i) {
    FEAST_ASSIGN_OR_RETURN(RawValue item, ReadCell(node.children[0], view->children[0], i, type));
    list.push_back(std::move(item));
  }
  return RawValue{std::move(list)};
}

Result<RawValue> ReadMap(const Node& node, const ArrowArrayView* view, int64_t row) {
  const Node& entry = node.children[0];
  const ArrowArrayView* entries = view->children[0];
  const int64_t begin = ListBegin(*view, row);
  const int64_t end = ListBegin(*view, row + 1);
  RawValue::Map map;
  for (int64_t i = begin + entries->offset; i < end + entries->offset; ++i) {
    FEAST_ASSIGN_OR_RETURN(
        RawValue key, ReadCell(entry.children[0], entries->children[0], i, ValueType::kString));
    FEAST_ASSIGN_OR_RETURN(
        RawValue value, ReadCell(entry.children[1], entries->children[1], i, ValueType::kInvalid));
    auto* text = std::get_if<std::string>(&key.data);
    if (!text) return Status::InvalidArgument("a map key is not text");
    map.push_back({std::move(*text), std::move(value)});
  }
  return RawValue{std::move(map)};
}

Result<RawValue> ReadStruct(const Node& node, const ArrowArrayView* view, int64_t row) {
  RawValue::Map map;
  for (size_t i = 0; i < node.children.size(); ++i) {
    FEAST_ASSIGN_OR_RETURN(RawValue value, ReadCell(node.children[i], view->children[i],
                                                    row + view->offset, ValueType::kInvalid));
    map.push_back({node.children[i].name, std::move(value)});
  }
  return RawValue{std::move(map)};
}

/// A column of times knows NaT, which is stored; null in any other column is an empty value.
RawValue NullCell(const Node& node, ValueType type) {
  const ArrowType arrow = node.view.type;
  const bool is_time = arrow == NANOARROW_TYPE_TIMESTAMP || arrow == NANOARROW_TYPE_DATE32 ||
                       arrow == NANOARROW_TYPE_DATE64;
  return is_time && type == ValueType::kUnixTimestamp ? RawValue{kNullTimestamp} : RawValue{};
}

Result<RawValue> ReadCell(const Node& node, const ArrowArrayView* view, int64_t row,
                          ValueType type) {
  if (ArrowArrayViewIsNull(view, row)) return NullCell(node, type);
  if (node.dictionary) {
    return ReadCell(*node.dictionary, view->dictionary, ArrowArrayViewGetIntUnsafe(view, row),
                    type);
  }
  switch (node.view.type) {
    case NANOARROW_TYPE_NA:
      return RawValue{};
    case NANOARROW_TYPE_BOOL:
      return RawValue{ArrowArrayViewGetIntUnsafe(view, row) != 0};
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_INT64:
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
    case NANOARROW_TYPE_UINT32:
      return RawValue{ArrowArrayViewGetIntUnsafe(view, row)};
    case NANOARROW_TYPE_UINT64: {
      const uint64_t number = ArrowArrayViewGetUIntUnsafe(view, row);
      if (number > INT64_MAX) return RawValue{static_cast<double>(number)};
      return RawValue{static_cast<int64_t>(number)};
    }
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
      return RawValue{ArrowArrayViewGetDoubleUnsafe(view, row)};
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
    case NANOARROW_TYPE_STRING_VIEW:
      return RawValue{std::string(TextOf(view, row))};
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_BINARY_VIEW:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY:
      return RawValue{RawBytes{std::string(TextOf(view, row))}};
    case NANOARROW_TYPE_TIMESTAMP:
    case NANOARROW_TYPE_DATE32:
    case NANOARROW_TYPE_DATE64: {
      FEAST_ASSIGN_OR_RETURN(const Micros time, ReadTime(node, view, row));
      return TimeAs(time, node, type);
    }
    case NANOARROW_TYPE_DECIMAL128:
    case NANOARROW_TYPE_DECIMAL256:
      return ReadDecimal(node, view, row);
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
    case NANOARROW_TYPE_FIXED_SIZE_LIST:
      return ReadList(node, view, row, type);
    case NANOARROW_TYPE_MAP:
      return ReadMap(node, view, row);
    case NANOARROW_TYPE_STRUCT:
      return ReadStruct(node, view, row);
    default:
      return Status::InvalidArgument(std::string("Arrow type not supported: ") +
                                     ArrowTypeString(node.view.type));
  }
}

}  // namespace

int64_t ListBegin(const ArrowArrayView& view, int64_t row) {
  if (view.storage_type == NANOARROW_TYPE_FIXED_SIZE_LIST) {
    return (row + view.offset) * view.layout.child_size_elements;
  }
  return ArrowArrayViewListChildOffset(&view, row + view.offset);
}

Result<Micros> MicrosOfUnit(int64_t value, ArrowTimeUnit unit) {
  Micros micros = 0;
  switch (unit) {
    case NANOARROW_TIME_UNIT_NANO:
      return FloorDivide(value, 1000);
    case NANOARROW_TIME_UNIT_MICRO:
      return value;
    case NANOARROW_TIME_UNIT_MILLI:
      if (!__builtin_mul_overflow(value, int64_t{1000}, &micros)) return micros;
      break;
    case NANOARROW_TIME_UNIT_SECOND:
      if (!__builtin_mul_overflow(value, kMicrosPerSecond, &micros)) return micros;
  }
  return Status::InvalidArgument("time out of range: " + std::to_string(value));
}

Result<ColumnCells> ColumnCells::Make(std::string_view name, const ArrowSchema& schema,
                                      const ArrowArray& array) {
  const std::string where = "column " + std::string(name);
  ColumnCells cells;
  FEAST_RETURN_IF_ERROR(ParseNode(schema, 0, &cells.root_).Annotate(where));
  auto* view = new ArrowArrayView;
  ArrowArrayViewInitFromType(view, NANOARROW_TYPE_UNINITIALIZED);
  cells.view_.reset(view);
  ArrowError error;
  if (ArrowArrayViewInitFromSchema(view, &schema, &error) != NANOARROW_OK ||
      ArrowArrayViewSetArray(view, &array, &error) != NANOARROW_OK) {
    return Status::InvalidArgument(where + ": " + error.message);
  }
  return cells;
}

Result<RawValue> ColumnCells::At(int64_t row, ValueType type) const {
  return ReadCell(root_, view_.get(), row, type);
}

Result<Micros> ColumnCells::TimeAt(int64_t row) const { return ReadTime(root_, view_.get(), row); }

}  // namespace feast
