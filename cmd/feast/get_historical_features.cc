#include <algorithm>
#include <iostream>
#include <memory>

#include "arrow_json.h"
#include "command_line_internal.h"
#include "json_output.h"
#include "repository.h"

#include "feast/app/training.h"
#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"
#include "feast/server/data_frame.h"
#include "feast/types/arrow_stream.h"

namespace feast::cmd {
namespace {

constexpr std::string_view kEventTimestamp = "event_timestamp";

struct HistoricalArguments {
  std::string rows;
  std::vector<std::string> features;
  std::string start;
  std::string end;
};

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

// The microseconds of the column event_timestamp become times; the layout is the same.
Result<OwnedStream> WithTimes(OwnedStream stream) {
  FEAST_ASSIGN_OR_RETURN(OwnedSchema schema, SchemaOfStream(stream.get()));
  const int64_t column = ColumnIndex(*schema.get(), kEventTimestamp);
  if (column < 0) {
    return Status::InvalidArgument("--dataframe: every row needs an event_timestamp");
  }
  if (std::string_view(schema->children[column]->format) != "l") {
    return Status::InvalidArgument("--dataframe: event_timestamp must be ISO 8601 text");
  }
  if (ArrowSchemaSetFormat(schema->children[column], "tsu:UTC") != 0) {
    return Status::ResourceExhausted("out of memory");
  }
  std::vector<OwnedArray> batches;
  for (;;) {
    OwnedArray batch;
    FEAST_ASSIGN_OR_RETURN(const bool more, NextBatch(stream.get(), batch.get()));
    if (!more) break;
    batches.push_back(std::move(batch));
  }
  return StreamOfBatches(std::move(schema), std::move(batches));
}

Result<std::optional<Micros>> OptionalTime(const std::string& text) {
  if (text.empty()) return std::optional<Micros>();
  FEAST_ASSIGN_OR_RETURN(const IsoTime time, ParseIso8601(text));
  return std::optional<Micros>(time.utc);
}

Status GetHistoricalFeatures(const GlobalOptions& globals, const HistoricalArguments& arguments) {
  HistoricalRequest request;
  request.select.features = arguments.features;
  FEAST_ASSIGN_OR_RETURN(request.start, OptionalTime(arguments.start));
  FEAST_ASSIGN_OR_RETURN(request.end, OptionalTime(arguments.end));
  const bool range = request.start || request.end;
  if (range == !arguments.rows.empty()) {
    return Status::InvalidArgument("Give either --dataframe or --start-date and --end-date");
  }
  OwnedStream entity_rows;
  if (!range) {
    FEAST_ASSIGN_OR_RETURN(const RawValue rows, ParseJson(arguments.rows));
    FEAST_ASSIGN_OR_RETURN(const RawValue::Map columns, ColumnsOfRows(rows));
    FEAST_ASSIGN_OR_RETURN(OwnedStream stream, DataFrameToStream(columns));
    FEAST_ASSIGN_OR_RETURN(entity_rows, WithTimes(std::move(stream)));
  }
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  const CallContext context;
  FEAST_ASSIGN_OR_RETURN(const auto columns, ColumnsOf(entity_rows));
  FEAST_ASSIGN_OR_RETURN(
      const TrainingJob job,
      PlanTraining(*store, context, request, range ? "" : std::string(kEventTimestamp), columns));
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows,
                         RunTraining(*store, context, job, std::move(entity_rows)));
  FEAST_ASSIGN_OR_RETURN(const std::string json, JsonRecords(std::move(rows)));
  std::cout << IndentJson(json, 4) << "\n";
  return Status::OK();
}

}  // namespace

void AddGetHistoricalFeatures(CommandLine& line) {
  const auto arguments = std::make_shared<HistoricalArguments>();
  CLI::App* command = line.Add("get-historical-features", "Print features as of given times.");
  command->add_option("-d,--dataframe", arguments->rows,
                      "JSON list of rows, each with an event_timestamp");
  AddRepeated(command, "-f,--features", arguments->features, "view:feature (may be repeated)")
      ->required();
  command->add_option("-s,--start-date", arguments->start, "YYYY-MM-DD HH:MM:SS, instead of rows");
  command->add_option("-e,--end-date", arguments->end, "YYYY-MM-DD HH:MM:SS, instead of rows");
  line.Run(command,
           [&line, arguments] { return GetHistoricalFeatures(line.globals(), *arguments); });
}

}  // namespace feast::cmd
