#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "arrow_json.h"
#include "command_line_internal.h"
#include "entity_rows.h"
#include "repository.h"
#include "watched_call.h"

#include "feast/app/explanation_text.h"
#include "feast/app/training.h"
#include "feast/base/file_error.h"
#include "feast/codec/iso_time.h"
#include "feast/offline/batch_module.h"

namespace feast::cmd {
namespace {

struct HistoricalArguments {
  EntityRowsFrom from;
  std::vector<std::string> features;
  std::string service;
  bool full_feature_names = false;
  std::string start;
  std::string end;
  std::string output;
  bool explain = false;
};

Result<std::optional<Micros>> OptionalTime(const std::string& text) {
  if (text.empty()) return std::optional<Micros>();
  FEAST_ASSIGN_OR_RETURN(const IsoTime time, ParseIso8601(text));
  return std::optional<Micros>(time.utc);
}

// Before the work, not after it.
Status CheckOutput(const std::string& output) {
  if (output.empty()) return Status::OK();
  if (!output.ends_with(".parquet") && !output.ends_with(".csv")) {
    return Status::InvalidArgument("--output must end in .parquet or .csv: " + output);
  }
  const auto folder = std::filesystem::path(output).parent_path();
  if (access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) {
    return FileError("write to the folder of", output, errno);
  }
  return Status::OK();
}

Result<HistoricalRequest> RequestOf(const HistoricalArguments& arguments, const Clock& clock) {
  if (arguments.features.empty() == arguments.service.empty()) {
    return Status::InvalidArgument("Give either --features or --feature-service");
  }
  HistoricalRequest request;
  request.select.features = arguments.features;
  request.select.feature_service = arguments.service;
  request.select.full_feature_names = arguments.full_feature_names;
  FEAST_ASSIGN_OR_RETURN(request.start, OptionalTime(arguments.start));
  FEAST_ASSIGN_OR_RETURN(request.end, OptionalTime(arguments.end));
  const bool range = request.start || request.end;
  const EntityRowsFrom& from = arguments.from;
  if (range != (from.json.empty() && from.file.empty() && from.sql.empty())) {
    return Status::InvalidArgument(
        "Give either entity rows (--dataframe, --entity-file or --entity-sql) or a range "
        "(--start-date, --end-date)");
  }
  if (range && !request.end) request.end = clock.Now();
  return request;
}

// What is left to print when the work is over: JSON, so that nothing else writes meanwhile.
struct Printout {
  std::string text;
  OwnedStream rows;
};

Status Run(FeatureStore& store, const CallContext& context, const HistoricalArguments& arguments,
           Printout* printout) {
  FEAST_ASSIGN_OR_RETURN(const HistoricalRequest request, RequestOf(arguments, store.clock()));
  FEAST_ASSIGN_OR_RETURN(EntityRows entities, ReadEntityRows(store, context, arguments.from));
  FEAST_ASSIGN_OR_RETURN(
      const TrainingJob job,
      PlanTraining(store, context, request, entities.event_time, entities.columns));
  if (arguments.explain) {
    if (entities.columns.empty()) {
      entities.facts.earliest = request.start;
      entities.facts.latest = request.end;
    }
    FEAST_ASSIGN_OR_RETURN(const HistoricalExplanation plan,
                           ExplainTraining(store, context, job, entities.facts));
    printout->text = ExplanationText(plan);
    return Status::OK();
  }
  FEAST_ASSIGN_OR_RETURN(OwnedStream rows,
                         RunTraining(store, context, job, std::move(entities.rows)));
  if (arguments.output.empty()) {
    printout->rows = std::move(rows);
    return Status::OK();
  }
  FEAST_ASSIGN_OR_RETURN(BatchModule* const module, OpenBatchModule());
  return module->WriteTable(context, arguments.output, std::move(rows));
}

Status GetHistoricalFeatures(const GlobalOptions& globals, const HistoricalArguments& arguments) {
  FEAST_RETURN_IF_ERROR(CheckOutput(arguments.output));
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  Printout printout;
  {
    const WatchedCall call;
    const std::string aftermath =
        arguments.output.empty() ? "" : "; " + arguments.output + " is as it was";
    FEAST_RETURN_IF_ERROR(
        call.Outcome(Run(*store, call.context(), arguments, &printout), aftermath));
  }
  std::cout << printout.text;
  if (printout.rows.empty()) return Status::OK();
  return PrintJsonRecords(std::move(printout.rows), std::cout);
}

}  // namespace

void AddGetHistoricalFeatures(CommandLine& line) {
  const auto arguments = std::make_shared<HistoricalArguments>();
  CLI::App* command = line.Add("get-historical-features", "Print features as of given times.");
  command->add_option("-d,--dataframe", arguments->from.json,
                      "Entity rows: JSON list of objects, each with an event_timestamp");
  command->add_option("--entity-file", arguments->from.file,
                      "Entity rows: a Parquet or CSV file (.csv)");
  command->add_option("--entity-sql", arguments->from.sql,
                      "Entity rows: a query in the offline store's SQL");
  AddRepeated(command, "-f,--features", arguments->features, "view:feature (may be repeated)");
  command->add_option("--feature-service", arguments->service, "Feature service, not --features");
  command->add_flag("--full-feature-names", arguments->full_feature_names,
                    "Name columns view__feature");
  command->add_option("-s,--start-date", arguments->start, "YYYY-MM-DD HH:MM:SS, instead of rows");
  command->add_option("-e,--end-date", arguments->end, "YYYY-MM-DD HH:MM:SS, instead of rows");
  command->add_option("-o,--output", arguments->output,
                      "File to write, .parquet or .csv, instead of JSON to standard output");
  command->add_flag("--explain", arguments->explain,
                    "Print what would be read and how, without doing it");
  line.Run(command,
           [&line, arguments] { return GetHistoricalFeatures(line.globals(), *arguments); });
}

}  // namespace feast::cmd
