#include "arrow_json.h"

#include <cmath>
#include <ostream>

#include "json_output.h"

#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"
#include "feast/types/arrow_stream.h"

namespace feast::cmd {
namespace {

int64_t Milliseconds(int64_t time, ArrowTimeUnit unit) {
  switch (unit) {
    case NANOARROW_TIME_UNIT_SECOND:
      return time * 1000;
    case NANOARROW_TIME_UNIT_MILLI:
      return time;
    case NANOARROW_TIME_UNIT_MICRO:
      return FloorDivide(time, 1000);
    case NANOARROW_TIME_UNIT_NANO:
      return FloorDivide(time, 1'000'000);
  }
  return time;
}

void AppendCell(const ArrowSchema& schema, const ArrowArrayView& view, int64_t row,
                std::string* out);

void AppendList(const ArrowSchema& schema, const ArrowArrayView& view, int64_t row,
                std::string* out) {
  *out += "[";
  const int64_t from = ArrowArrayViewListChildOffset(&view, row + view.offset);
  const int64_t to = ArrowArrayViewListChildOffset(&view, row + view.offset + 1);
  for (int64_t i = from; i < to; ++i) {
    if (i > from) *out += ",";
    AppendCell(*schema.children[0], *view.children[0], i, out);
  }
  *out += "]";
}

void AppendDouble(double value, std::string* out) {
  if (std::isfinite(value)) {
    AppendJsonDouble(value, out);
  } else {
    *out += "null";
  }
}

void AppendCell(const ArrowSchema& schema, const ArrowArrayView& view, int64_t row,
                std::string* out) {
  ArrowSchemaView type;
  if (ArrowArrayViewIsNull(&view, row) || ArrowSchemaViewInit(&type, &schema, nullptr) != 0) {
    *out += "null";
    return;
  }
  switch (type.type) {
    case NANOARROW_TYPE_BOOL:
      *out += ArrowArrayViewGetIntUnsafe(&view, row) ? "true" : "false";
      break;
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
      AppendDouble(ArrowArrayViewGetDoubleUnsafe(&view, row), out);
      break;
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_INT64:
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
    case NANOARROW_TYPE_UINT32:
      *out += std::to_string(ArrowArrayViewGetIntUnsafe(&view, row));
      break;
    case NANOARROW_TYPE_UINT64:
      *out += std::to_string(ArrowArrayViewGetUIntUnsafe(&view, row));
      break;
    case NANOARROW_TYPE_TIMESTAMP:
      *out += std::to_string(Milliseconds(ArrowArrayViewGetIntUnsafe(&view, row), type.time_unit));
      break;
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY: {
      const ArrowStringView text = ArrowArrayViewGetStringUnsafe(&view, row);
      AppendJsonString({text.data, static_cast<size_t>(text.size_bytes)}, out);
      break;
    }
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
      AppendList(schema, view, row, out);
      break;
    default:
      *out += "null";
  }
}

Status AppendBatch(const ArrowSchema& schema, const ArrowArray& batch, std::string* out) {
  ArrowError error{};
  ArrowArrayView view;
  if (ArrowArrayViewInitFromSchema(&view, &schema, &error) != 0 ||
      ArrowArrayViewSetArray(&view, &batch, &error) != 0) {
    ArrowArrayViewReset(&view);
    return Status::DataLoss(std::string("cannot read the result: ") + error.message);
  }
  for (int64_t row = 0; row < batch.length; ++row) {
    *out += out->size() > 1 ? ",{" : "{";
    for (int64_t i = 0; i < schema.n_children; ++i) {
      if (i) *out += ",";
      AppendJsonString(schema.children[i]->name, out);
      *out += ":";
      AppendCell(*schema.children[i], *view.children[i], row + batch.offset, out);
    }
    *out += "}";
  }
  ArrowArrayViewReset(&view);
  return Status::OK();
}

}  // namespace

Status PrintJsonRecords(OwnedStream stream, std::ostream& out) {
  FEAST_ASSIGN_OR_RETURN(const OwnedSchema schema, SchemaOfStream(stream.get()));
  bool any = false;
  for (;;) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
    if (!more) break;
    if (batch->length == 0) continue;
    std::string json = "[";
    FEAST_RETURN_IF_ERROR(AppendBatch(*schema.get(), *batch.get(), &json));
    const std::string lines = IndentJson(json + "]", 4);  // "[\n" … "\n]"
    out << (any ? ",\n" : "[\n") << std::string_view(lines).substr(2, lines.size() - 4);
    any = true;
  }
  out << (any ? "\n]\n" : "[]\n");
  return Status::OK();
}

}  // namespace feast::cmd
