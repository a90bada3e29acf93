#include "feast/codec/column_codec.h"

#include <cmath>
#include <cstring>

#include "feast/codec/column_cells.h"
#include "feast/codec/iso_time.h"
#include "feast/codec/raw_convert.h"
#include "feast/codec/value_bytes.h"
#include "feast/codec/wire_format.h"

namespace feast {
namespace {

std::string Where(std::string_view column, int64_t row) {
  return "column " + std::string(column) + ", row " + std::to_string(row);
}

int64_t UnitsPerSecond(ArrowTimeUnit unit) {
  static constexpr int64_t kPerSecond[] = {1, 1000, 1'000'000, 1'000'000'000};
  return kPerSecond[unit];
}

bool IsText(ArrowType type) {
  return type == NANOARROW_TYPE_STRING || type == NANOARROW_TYPE_LARGE_STRING ||
         type == NANOARROW_TYPE_STRING_VIEW;
}

bool IsBinary(ArrowType type) {
  return type == NANOARROW_TYPE_BINARY || type == NANOARROW_TYPE_LARGE_BINARY;
}

/// Calls `append(number)` for each row that is not null, else `append_null()`; numbers lie in the
/// array as `T`s.
template <typename T, typename Append, typename AppendNull>
void ForEachNumber(const ArrowArrayView& view, EncodedColumn* out, Append append,
                   AppendNull append_null) {
  const T* data = static_cast<const T*>(view.buffer_views[1].data.data) + view.offset;
  for (int64_t row = 0; row < view.length; ++row) {
    if (ArrowArrayViewIsNull(&view, row)) {
      append_null();
    } else {
      append(data[row]);
    }
    out->ends.push_back(out->bytes.size());
  }
}

template <typename T, typename Append>
void ForEachNumber(const ArrowArrayView& view, EncodedColumn* out, Append append) {
  ForEachNumber<T>(view, out, append, [] {});
}

/// Rows whose numbers lie in Arrow as the type wants them. False if the pair is not that simple.
bool EncodeNumbers(const ColumnCells& cells, ValueType type, EncodedColumn* out) {
  const ArrowArrayView& view = cells.view();
  const ArrowType arrow = cells.schema_view().type;
  std::string* bytes = &out->bytes;
  const auto integer = [&](int64_t number) {
    AppendVarintField(static_cast<uint32_t>(type), static_cast<uint64_t>(number), bytes);
  };
  const auto floating = [&](auto number) {
    if (std::isnan(number)) return;
    if (type == ValueType::kDouble) {
      AppendTag(5, WireType::kFixed64, bytes);
      AppendFixed(static_cast<double>(number), bytes);
    } else {
      AppendTag(6, WireType::kFixed32, bytes);
      AppendFixed(static_cast<float>(number), bytes);
    }
  };
  const bool to_int = type == ValueType::kInt64 || type == ValueType::kInt32;
  const bool to_float = type == ValueType::kDouble || type == ValueType::kFloat;
  if (arrow == NANOARROW_TYPE_INT64 && type == ValueType::kInt64) {
    ForEachNumber<int64_t>(view, out, integer);
  } else if (arrow == NANOARROW_TYPE_INT32 && to_int) {
    ForEachNumber<int32_t>(view, out, integer);
  } else if (arrow == NANOARROW_TYPE_INT16 && to_int) {
    ForEachNumber<int16_t>(view, out, integer);
  } else if (arrow == NANOARROW_TYPE_DOUBLE && to_float) {
    ForEachNumber<double>(view, out, floating);
  } else if (arrow == NANOARROW_TYPE_FLOAT && to_float) {
    ForEachNumber<float>(view, out, floating);
  } else if (arrow == NANOARROW_TYPE_TIMESTAMP && type == ValueType::kUnixTimestamp) {
    const int64_t unit = UnitsPerSecond(cells.schema_view().time_unit);
    ForEachNumber<int64_t>(
        view, out, [&](int64_t time) { integer(FloorDivide(time, unit)); },
        [&] { integer(kNullTimestamp); });
  } else {
    return false;
  }
  return true;
}

bool EncodeTextAndBools(const ColumnCells& cells, ValueType type, EncodedColumn* out) {
  const ArrowArrayView& view = cells.view();
  const ArrowType arrow = cells.schema_view().type;
  const ValueTypeFacts& facts = FactsOf(type);
  const bool is_text =
      IsText(arrow) && facts.element == ElementKind::kString && type != ValueType::kJson;
  const bool is_bytes = IsBinary(arrow) && facts.element == ElementKind::kBytes;
  const bool is_bool = arrow == NANOARROW_TYPE_BOOL && type == ValueType::kBool;
  if (facts.shape != Shape::kScalar || (!is_text && !is_bytes && !is_bool)) return false;
  for (int64_t row = 0; row < view.length; ++row) {
    if (!ArrowArrayViewIsNull(&view, row)) {
      if (is_bool) {
        AppendVarintField(facts.field, ArrowArrayViewGetIntUnsafe(&view, row) != 0, &out->bytes);
      } else {
        const ArrowBufferView text = ArrowArrayViewGetBytesUnsafe(&view, row);
        AppendBytesField(facts.field, {text.data.as_char, static_cast<size_t>(text.size_bytes)},
                         &out->bytes);
      }
    }
    out->ends.push_back(out->bytes.size());
  }
  return true;
}

/// Rows that are lists of fixed-width numbers, copied as they lie: a list without nulls is one
/// block.
template <typename T>
bool EncodeFixedLists(const ArrowArrayView& view, ValueType type, EncodedColumn* out) {
  const ArrowArrayView& items = *view.children[0];
  const T* data = static_cast<const T*>(items.buffer_views[1].data.data) + items.offset;
  for (int64_t row = 0; row < view.length; ++row) {
    if (!ArrowArrayViewIsNull(&view, row)) {
      const int64_t begin = ListBegin(view, row);
      const int64_t end = ListBegin(view, row + 1);
      const size_t start = out->bytes.size();
      if (end > begin) {
        AppendTag(1, WireType::kBytes, &out->bytes);
        AppendVarint(static_cast<uint64_t>(end - begin) * sizeof(T), &out->bytes);
        const size_t first = out->bytes.size();
        out->bytes.append(reinterpret_cast<const char*>(data + begin),
                          static_cast<size_t>(end - begin) * sizeof(T));
        for (int64_t i = begin; items.null_count != 0 && i < end; ++i) {
          if (!ArrowArrayViewIsNull(&items, i)) continue;
          std::memset(out->bytes.data() + first + static_cast<size_t>(i - begin) * sizeof(T), 0,
                      sizeof(T));
        }
      }
      WrapField(static_cast<uint32_t>(type), start, &out->bytes);
    }
    out->ends.push_back(out->bytes.size());
  }
  return true;
}

/// Rows that are lists: `append(item, body)` adds one item to the body of the list, `blank(body)`
/// stands for a null item. Packed items get their own header inside the list.
template <typename Append, typename Blank>
bool EncodeLists(const ArrowArrayView& view, ValueType type, bool packed, EncodedColumn* out,
                 Append append, Blank blank) {
  const ArrowArrayView& items = *view.children[0];
  std::string body, head;
  for (int64_t row = 0; row < view.length; ++row) {
    if (!ArrowArrayViewIsNull(&view, row)) {
      const int64_t end = ListBegin(view, row + 1);
      body.clear();
      for (int64_t i = ListBegin(view, row); i < end; ++i) {
        if (items.null_count != 0 && ArrowArrayViewIsNull(&items, i)) {
          blank(&body);
        } else {
          append(i, &body);
        }
      }
      head.clear();
      if (packed && !body.empty()) {
        AppendTag(1, WireType::kBytes, &head);
        AppendVarint(body.size(), &head);
      }
      AppendTag(static_cast<uint32_t>(type), WireType::kBytes, &out->bytes);
      AppendVarint(head.size() + body.size(), &out->bytes);
      out->bytes.append(head).append(body);
    }
    out->ends.push_back(out->bytes.size());
  }
  return true;
}

bool EncodeIntegerLists(const ColumnCells& cells, ValueType type, EncodedColumn* out) {
  const ArrowArrayView& view = cells.view();
  const ArrowArrayView& items = *view.children[0];
  const ArrowType item = cells.item_view().type;
  const auto number = [&](int64_t value, std::string* body) {
    AppendVarint(static_cast<uint64_t>(value), body);
  };
  const auto integer = [&](int64_t i, std::string* body) {
    number(ArrowArrayViewGetIntUnsafe(&items, i), body);
  };
  const auto zero = [](std::string* body) { body->push_back('\0'); };
  const bool small =
      item == NANOARROW_TYPE_INT32 || item == NANOARROW_TYPE_INT16 || item == NANOARROW_TYPE_INT8;
  if ((type == ValueType::kInt64List && (small || item == NANOARROW_TYPE_INT64)) ||
      (type == ValueType::kInt32List && small)) {
    return EncodeLists(view, type, true, out, integer, zero);
  }
  if (type == ValueType::kBoolList && item == NANOARROW_TYPE_BOOL) {
    return EncodeLists(view, type, true, out, integer, zero);
  }
  if (type == ValueType::kUnixTimestampList && item == NANOARROW_TYPE_TIMESTAMP) {
    const int64_t unit = UnitsPerSecond(cells.item_view().time_unit);
    return EncodeLists(
        view, type, true, out,
        [&](int64_t i, std::string* body) {
          number(FloorDivide(ArrowArrayViewGetIntUnsafe(&items, i), unit), body);
        },
        [&](std::string* body) { number(kNullTimestamp, body); });
  }
  return false;
}

bool EncodeTextLists(const ColumnCells& cells, ValueType type, EncodedColumn* out) {
  const ArrowArrayView& items = *cells.view().children[0];
  const ElementKind element = FactsOf(type).element;
  const ArrowType item = cells.item_view().type;
  const bool texts =
      IsText(item) && element == ElementKind::kString && type != ValueType::kJsonList;
  const bool bytes = IsBinary(item) && element == ElementKind::kBytes;
  if (!texts && !bytes) return false;
  return EncodeLists(
      cells.view(), type, false, out,
      [&](int64_t i, std::string* body) {
        const ArrowBufferView text = ArrowArrayViewGetBytesUnsafe(&items, i);
        AppendBytesField(1, {text.data.as_char, static_cast<size_t>(text.size_bytes)}, body);
      },
      [](std::string* body) { AppendBytesField(1, {}, body); });
}

/// Rows whose lists hold in Arrow what the type wants. False if the pair is not that simple.
bool EncodePlainLists(const ColumnCells& cells, ValueType type, EncodedColumn* out) {
  const ArrowArrayView& view = cells.view();
  if (FactsOf(type).shape != Shape::kList ||
      (view.storage_type != NANOARROW_TYPE_LIST && view.storage_type != NANOARROW_TYPE_LARGE_LIST &&
       view.storage_type != NANOARROW_TYPE_FIXED_SIZE_LIST) ||
      view.children[0]->dictionary) {
    return false;
  }
  const ArrowType item = cells.item_view().type;
  if (item == NANOARROW_TYPE_FLOAT && type == ValueType::kFloatList) {
    return EncodeFixedLists<float>(view, type, out);
  }
  if (item == NANOARROW_TYPE_DOUBLE && type == ValueType::kDoubleList) {
    return EncodeFixedLists<double>(view, type, out);
  }
  return EncodeIntegerLists(cells, type, out) || EncodeTextLists(cells, type, out);
}

/// Any column, cell by cell through an untyped value.
Status EncodeCells(std::string_view name, const ColumnCells& cells, ValueType type,
                   EncodedColumn* out) {
  for (int64_t row = 0; row < cells.size(); ++row) {
    auto cell = cells.At(row, type);
    if (!cell.ok()) return cell.status().Annotate(Where(name, row));
    if (type == ValueType::kInvalid) {
      type = out->type = InferValueType(*cell);
    }
    if (const Status status = AppendValueBytes(*cell, type, &out->bytes); !status.ok()) {
      return status.Annotate(Where(name, row));
    }
    out->ends.push_back(out->bytes.size());
  }
  return Status::OK();
}

}  // namespace

Status EncodeColumn(std::string_view name, const ArrowSchema& schema, const ArrowArray& array,
                    ValueType type, EncodedColumn* out) {
  FEAST_ASSIGN_OR_RETURN(const ColumnCells cells, ColumnCells::Make(name, schema, array));
  if (type == ValueType::kInvalid) type = ValueTypeOfArrow(schema);
  if (out->name.empty()) out->name = name;
  out->type = type;
  out->ends.reserve(out->ends.size() + static_cast<size_t>(cells.size()));
  if (!cells.is_dictionary() && type != ValueType::kInvalid) {
    if (EncodeNumbers(cells, type, out) || EncodeTextAndBools(cells, type, out) ||
        EncodePlainLists(cells, type, out)) {
      return Status::OK();
    }
  }
  return EncodeCells(name, cells, type, out);
}

Result<std::vector<std::optional<Micros>>> TimesOfColumn(std::string_view name,
                                                         const ArrowSchema& schema,
                                                         const ArrowArray& array) {
  FEAST_ASSIGN_OR_RETURN(const ColumnCells cells, ColumnCells::Make(name, schema, array));
  std::vector<std::optional<Micros>> times(static_cast<size_t>(cells.size()));
  const bool micros = cells.schema_view().type == NANOARROW_TYPE_TIMESTAMP &&
                      cells.schema_view().time_unit == NANOARROW_TIME_UNIT_MICRO;
  if (micros && !cells.is_dictionary()) {
    for (int64_t row = 0; row < cells.size(); ++row) {
      if (cells.IsNull(row)) continue;
      times[static_cast<size_t>(row)] = ArrowArrayViewGetIntUnsafe(&cells.view(), row);
    }
    return times;
  }
  for (int64_t row = 0; row < cells.size(); ++row) {
    if (cells.IsNull(row)) continue;
    auto time = cells.TimeAt(row);
    if (!time.ok()) return time.status().Annotate(Where(name, row));
    times[static_cast<size_t>(row)] = *time;
  }
  return times;
}

}  // namespace feast
