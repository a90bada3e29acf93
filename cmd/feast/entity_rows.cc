#include "entity_rows.h"

#include <algorithm>

#include "feast/app/training.h"
#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"
#include "feast/offline/batch_module.h"
#include "feast/server/data_frame.h"
#include "feast/types/arrow_stream.h"

namespace feast::cmd {
namespace {

constexpr std::string_view kEventTimestamp = "event_timestamp";

// The rows as columns, in the order of the first row's keys; times as microseconds.
Result<RawValue::Map> ColumnsOfRows(const RawValue& rows) {
  const auto* list = std::get_if<RawValue::List>(&rows.data);
  if (!list || list->empty()) {
    return Status::InvalidArgument("--dataframe must be a JSON list of rows");
  }
  RawValue::Map columns;
  for (const RawValue& row : *list) {
    const auto* cells = std::get_if<RawValue::Map>(&row.data);
    if (!cells) return Status::InvalidArgument("--dataframe: every row must be a JSON object");
    if (columns.empty()) {
      for (const auto& cell : *cells) columns.push_back({cell.key, RawValue{RawValue::List{}}});
    }
    for (RawValue::Entry& column : columns) {
      const auto cell = std::ranges::find(*cells, column.key, &RawValue::Entry::key);
      RawValue value = cell == cells->end() ? RawValue{} : cell->value;
      if (const auto* text = std::get_if<std::string>(&value.data);
          text && column.key == kEventTimestamp) {
        FEAST_ASSIGN_OR_RETURN(const IsoTime time, ParseIso8601(*text));
        value = RawValue{time.utc};
      }
      std::get<RawValue::List>(column.value.data).push_back(std::move(value));
    }
  }
  return columns;
}

// Rows in memory.
struct Table {
  OwnedSchema schema;
  std::vector<OwnedArray> batches;
};

Result<Table> ReadAll(OwnedStream stream) {
  Table table;
  FEAST_ASSIGN_OR_RETURN(table.schema, SchemaOfStream(stream.get()));
  for (;;) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
    if (!more) return table;
    table.batches.push_back(std::move(batch));
  }
}

// The microseconds of the column event_timestamp become times; the layout is the same.
Result<Table> OfJson(const std::string& json) {
  FEAST_ASSIGN_OR_RETURN(const RawValue rows, ParseJson(json));
  FEAST_ASSIGN_OR_RETURN(const RawValue::Map columns, ColumnsOfRows(rows));
  FEAST_ASSIGN_OR_RETURN(OwnedStream stream, DataFrameToStream(columns));
  FEAST_ASSIGN_OR_RETURN(Table table, ReadAll(std::move(stream)));
  const int64_t column = ColumnIndex(*table.schema.get(), kEventTimestamp);
  if (column < 0) {
    return Status::InvalidArgument("--dataframe: every row needs an event_timestamp");
  }
  if (std::string_view(table.schema->children[column]->format) != "l") {
    return Status::InvalidArgument("--dataframe: event_timestamp must be ISO 8601 text");
  }
  if (ArrowSchemaSetFormat(table.schema->children[column], "tsu:UTC") != 0) {
    return Status::ResourceExhausted("out of memory");
  }
  return table;
}

bool IsTime(const ArrowSchema& column) {
  const std::string_view format = column.format;
  return format.starts_with("ts") || format.starts_with("td");
}

Result<int64_t> EventTimeOf(const ArrowSchema& schema) {
  if (const int64_t named = ColumnIndex(schema, kEventTimestamp); named >= 0) return named;
  std::vector<int64_t> times;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    if (IsTime(*schema.children[i])) times.push_back(i);
  }
  if (times.size() == 1) return times[0];
  return Status::InvalidArgument(
      "Please provide an entity_df with a column named event_timestamp representing the time of "
      "events.",
      ErrorKind::kValueError);
}

Micros ToMicros(int64_t time, ArrowTimeUnit unit) {
  switch (unit) {
    case NANOARROW_TIME_UNIT_SECOND:
      return time * 1'000'000;
    case NANOARROW_TIME_UNIT_MILLI:
      return time * 1000;
    case NANOARROW_TIME_UNIT_MICRO:
      return time;
    case NANOARROW_TIME_UNIT_NANO:
      return FloorDivide(time, 1000);
  }
  return time;
}

// Bounds of a column of timestamps; of others nothing is known.
void AddTimes(const ArrowSchema& schema, const ArrowArray& batch, int64_t column,
              EntityFacts* facts) {
  ArrowSchemaView type;
  ArrowArrayView view;
  ArrowArrayViewInitFromType(&view, NANOARROW_TYPE_UNINITIALIZED);
  if (ArrowSchemaViewInit(&type, schema.children[column], nullptr) == 0 &&
      type.type == NANOARROW_TYPE_TIMESTAMP &&
      ArrowArrayViewInitFromSchema(&view, schema.children[column], nullptr) == 0 &&
      ArrowArrayViewSetArray(&view, batch.children[column], nullptr) == 0) {
    for (int64_t row = 0; row < batch.length; ++row) {
      if (ArrowArrayViewIsNull(&view, row + batch.offset)) continue;
      const Micros time =
          ToMicros(ArrowArrayViewGetIntUnsafe(&view, row + batch.offset), type.time_unit);
      facts->earliest = std::min(facts->earliest.value_or(time), time);
      facts->latest = std::max(facts->latest.value_or(time), time);
    }
  }
  ArrowArrayViewReset(&view);
}

Result<Table> Read(FeatureStore& store, const CallContext& context, const EntityRowsFrom& from) {
  if (!from.json.empty()) return OfJson(from.json);
  if (!from.sql.empty()) {
    FEAST_ASSIGN_OR_RETURN(OwnedStream stream, QueryEntityRows(store, context, from.sql));
    return ReadAll(std::move(stream));
  }
  FEAST_ASSIGN_OR_RETURN(BatchModule* const module, OpenBatchModule());
  FEAST_ASSIGN_OR_RETURN(OwnedStream stream, module->ReadTable(from.file));
  return ReadAll(std::move(stream));
}

}  // namespace

Result<EntityRows> ReadEntityRows(FeatureStore& store, const CallContext& context,
                                  const EntityRowsFrom& from) {
  const int given = !from.json.empty() + !from.file.empty() + !from.sql.empty();
  if (given == 0) return EntityRows();
  if (given > 1) {
    return Status::InvalidArgument("Give one of --dataframe, --entity-file and --entity-sql");
  }
  FEAST_ASSIGN_OR_RETURN(Table table, Read(store, context, from));
  EntityRows out;
  FEAST_ASSIGN_OR_RETURN(const int64_t time, EventTimeOf(*table.schema.get()));
  out.event_time = table.schema->children[time]->name;
  for (int64_t i = 0; i < table.schema->n_children; ++i) {
    out.columns.emplace_back(table.schema->children[i]->name);
  }
  out.facts.rows = 0;
  for (const OwnedArray& batch : table.batches) {
    *out.facts.rows += batch->length;
    AddTimes(*table.schema.get(), *batch.get(), time, &out.facts);
  }
  out.rows = StreamOfBatches(std::move(table.schema), std::move(table.batches));
  return out;
}

}  // namespace feast::cmd
