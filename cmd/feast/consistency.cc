#include "feast/app/consistency.h"

#include <cmath>
#include <iostream>
#include <memory>

#include "command_line_internal.h"
#include "fmt/format.h"
#include "repository.h"
#include "table.h"
#include "watched_call.h"

#include "feast/codec/iso_time.h"
#include "feast/codec/value_json.h"

namespace feast::cmd {
namespace {

struct ConsistencyArguments {
  ConsistencyRequest request;
  std::string since;
  std::string until;
  double max_mismatch = 0;
  bool json = false;
};

constexpr std::pair<Mismatch, const char*> kOutcomes[] = {
    {Mismatch::kEqual, "equal"}, {Mismatch::kLateData, "late data"},
    {Mismatch::kTtl, "ttl"},     {Mismatch::kNotMaterialized, "not materialized"},
    {Mismatch::kOther, "other"},
};

Status ReadTime(const std::string& text, std::optional<Micros>* out) {
  if (text.empty()) return Status::OK();
  FEAST_ASSIGN_OR_RETURN(const IsoTime time, ParseIso8601(text));
  *out = time.utc;
  return Status::OK();
}

double Share(const ConsistencyReport& report) {
  if (report.Compared() == 0) return 0;
  return static_cast<double>(report.Mismatched()) / static_cast<double>(report.Compared());
}

std::string JsonOf(const ConsistencyReport& report) {
  std::string out = fmt::format(
      "{{\"logged_rows\": {}, \"compared_rows\": {}, \"compared\": {}, "
      "\"mismatched\": {}, \"features\": [",
      report.logged_rows, report.compared_rows, report.Compared(), report.Mismatched());
  for (const FeatureConsistency& feature : report.features) {
    if (&feature != report.features.data()) out += ", ";
    out += "{\"feature\": ";
    AppendJsonString(feature.feature, &out);
    out += fmt::format(", \"compared\": {}", feature.compared);
    for (const auto& [outcome, name] : kOutcomes) {
      std::string key = name;
      for (char& c : key) c = c == ' ' ? '_' : c;
      out += fmt::format(", \"{}\": {}", key, feature.Count(outcome));
    }
    out += ", \"example\": ";
    AppendJsonString(feature.example, &out);
    out += "}";
  }
  return out + "]}\n";
}

void PrintReport(const ConsistencyReport& report) {
  std::cout << fmt::format("{} of {} logged rows compared\n\n", report.compared_rows,
                           report.logged_rows);
  Cells header = {"FEATURE", "COMPARED"};
  for (const auto& [outcome, name] : kOutcomes) {
    std::string upper = name;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    header.push_back(upper);
  }
  std::vector<Cells> rows;
  for (const FeatureConsistency& feature : report.features) {
    auto& row = rows.emplace_back();
    row = {feature.feature, std::to_string(feature.compared)};
    for (const auto& [outcome, name] : kOutcomes) {
      row.push_back(std::to_string(feature.Count(outcome)));
    }
  }
  std::cout << PlainTable(header, rows) << "\n";
  for (const FeatureConsistency& feature : report.features) {
    if (!feature.example.empty()) std::cout << feature.feature << ": " << feature.example << "\n";
  }
}

Status MeasureAndPrint(const GlobalOptions& globals, ConsistencyArguments arguments) {
  FEAST_RETURN_IF_ERROR(ReadTime(arguments.since, &arguments.request.since));
  FEAST_RETURN_IF_ERROR(ReadTime(arguments.until, &arguments.request.until));
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  Result<ConsistencyReport> report = ConsistencyReport();
  {
    const WatchedCall call;
    report = MeasureConsistency(*store, call.context(), arguments.request);
    FEAST_RETURN_IF_ERROR(call.Outcome(report.status(), ""));
  }
  if (arguments.json) {
    std::cout << JsonOf(*report);
  } else {
    PrintReport(*report);
  }
  const double share = Share(*report);
  if (share <= arguments.max_mismatch) return Status::OK();
  return Status::FailedPrecondition(
      fmt::format("{} of {} values ({:.4g} %) differ, more than --max-mismatch {:g} allows",
                  report->Mismatched(), report->Compared(), share * 100, arguments.max_mismatch));
}

}  // namespace

void AddConsistency(CommandLine& line) {
  const auto arguments = std::make_shared<ConsistencyArguments>();
  CLI::App* command =
      line.Add("consistency", "Compare logged answers of a feature service with training data.");
  command->add_option("--service", arguments->request.service, "Feature service with a log")
      ->required();
  AddRepeated(command, "-f,--features", arguments->request.features,
              "view:feature to compare (may be repeated); all by default");
  command->add_option("--since", arguments->since, "Answers from this time on, ISO 8601");
  command->add_option("--until", arguments->until, "Answers up to this time, ISO 8601");
  command
      ->add_option("--sample", arguments->request.sample,
                   "Logged rows to compare at most, evenly spread; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--tolerance", arguments->request.tolerance,
                   "Difference of floats that counts as equal; 0: none")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--max-mismatch", arguments->max_mismatch,
                   "Share of values that may differ, 0 to 1, before this fails")
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--json", arguments->json, "Print JSON");
  line.Run(command, [&line, arguments] { return MeasureAndPrint(line.globals(), *arguments); });
}

}  // namespace feast::cmd
