#include <chrono>
#include <iostream>
#include <map>
#include <memory>

#include "command_line_internal.h"
#include "fmt/format.h"
#include "progress.h"
#include "repository.h"

#include "feast/codec/iso_time.h"
#include "feast/ingest/view_lookup.h"

namespace feast::cmd {
namespace {

struct MaterializeArguments {
  std::string start;
  std::string end;
  std::vector<std::string> views;
  std::string version;
  bool without_times = false;
  int jobs = 1;
};

// Whole seconds, as upstream prints them.
std::string TimeText(Micros time) {
  std::string text;
  AppendIsoTime(time - time % kMicrosPerSecond, ' ', false, &text);
  return text + "+00:00";
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Plain lines when a view starts and is done; between them, on a terminal, a bar. An incremental
/// run says which interval it found for each view.
MaterializeProgress ProgressLines(bool incremental) {
  struct View {
    int64_t rows = 0;
    std::optional<int64_t> expected;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  };
  struct State {
    std::map<std::string, View> views;  // those that are being written
    ProgressLine line;
  };
  const auto state = std::make_shared<State>();
  MaterializeProgress progress;
  progress.view_started = [state, incremental](const std::string& view, Micros start, Micros end) {
    state->line.Clear();
    std::cout << view;
    if (incremental) std::cout << " from " << TimeText(start) << " to " << TimeText(end);
    std::cout << ":\n";
    std::cout.flush();
    state->line.Show("reading the source", /*now=*/true);
    state->views[view] = View();
  };
  progress.rows_expected = [state](const std::string& view, int64_t rows) {
    state->views[view].expected = rows;
  };
  progress.rows_written = [state](const std::string& view, int64_t rows) {
    View& written = state->views[view];
    written.rows += rows;
    state->line.Show(view + " " +
                     RowsText(written.rows, written.expected, SecondsSince(written.began)));
  };
  progress.view_done = [state](const std::string& view, int64_t rows) {
    state->line.Clear();
    const double seconds = SecondsSince(state->views[view].began);
    state->views.erase(view);
    std::cout << fmt::format("{}: {} rows in {:.2f} s, {:.0f} rows/s\n", view, rows, seconds,
                             seconds > 0 ? static_cast<double>(rows) / seconds : 0.0);
    std::cout.flush();
  };
  return progress;
}

Result<MaterializeRequest> RequestOf(const MaterializeArguments& arguments, bool incremental) {
  MaterializeRequest request;
  request.views = arguments.views;
  request.version = arguments.version;
  request.jobs = arguments.jobs;
  if (arguments.without_times) {
    request.start = 0;
    request.end = SystemClock().Now();
    return request;
  }
  if (!incremental) {
    FEAST_ASSIGN_OR_RETURN(const IsoTime start, ParseIso8601(arguments.start));
    request.start = start.utc;
  }
  FEAST_ASSIGN_OR_RETURN(const IsoTime end, ParseIso8601(arguments.end));
  request.end = end.utc;
  return request;
}

Status Materialize(const GlobalOptions& globals, const MaterializeArguments& arguments,
                   bool incremental) {
  FEAST_ASSIGN_OR_RETURN(const MaterializeRequest request, RequestOf(arguments, incremental));
  FEAST_ASSIGN_OR_RETURN(const auto store, OpenStore(globals));
  const RepoConfig& config = store->config();
  FEAST_RETURN_IF_ERROR(CheckRequest(request, config.enable_online_feature_view_versioning));
  FEAST_ASSIGN_OR_RETURN(const auto snapshot, store->registry().Refresh());
  FEAST_ASSIGN_OR_RETURN(const auto views, FindMaterializedViews(*snapshot, config.project,
                                                                 request.views, std::nullopt));
  const std::string from = request.start ? " from " + TimeText(*request.start) : "";
  std::cout << fmt::format("Materializing {} feature views{} to {} into the {} online store.\n\n",
                           views.size(), from, TimeText(request.end), config.online_store_type);
  std::cout.flush();
  return store->ingest().Materialize(CallContext(), request, ProgressLines(incremental));
}

void AddViewOptions(CLI::App* command, MaterializeArguments* arguments) {
  AddRepeated(command, "-v,--views", arguments->views, "Only this view (may be repeated)");
  command->add_option("-j,--jobs", arguments->jobs, "Views, and parts of a view, written at once")
      ->check(CLI::PositiveNumber);
  command->add_option("--version", arguments->version, "Version of the view, e.g. v2");
}

}  // namespace

void AddMaterialize(CommandLine& line) {
  const auto arguments = std::make_shared<MaterializeArguments>();
  CLI::App* full = line.Add("materialize", "Write rows of a time range to the online store.");
  full->add_option("start", arguments->start, "ISO 8601, UTC unless it names a zone");
  full->add_option("end", arguments->end, "ISO 8601, UTC unless it names a zone");
  full->add_flag("--disable-event-timestamp", arguments->without_times,
                 "Everything up to now; no times are given");
  AddViewOptions(full, arguments.get());
  line.Run(full, [&line, arguments] {
    return Materialize(line.globals(), *arguments, /*incremental=*/false);
  });
  full->parse_complete_callback([arguments] {
    const bool both = !arguments->start.empty() && !arguments->end.empty();
    const bool none = arguments->start.empty() && arguments->end.empty();
    if (arguments->without_times ? !none : !both) {
      throw CLI::ValidationError(
          "materialize", arguments->without_times
                             ? "START and END must not be given with --disable-event-timestamp"
                             : "START and END are required without --disable-event-timestamp");
    }
  });

  CLI::App* incremental =
      line.Add("materialize-incremental", "Write rows since the last run to the online store.");
  incremental->add_option("end", arguments->end, "ISO 8601, UTC unless it names a zone")
      ->required();
  AddViewOptions(incremental, arguments.get());
  line.Run(incremental, [&line, arguments] {
    return Materialize(line.globals(), *arguments, /*incremental=*/true);
  });
}

}  // namespace feast::cmd
