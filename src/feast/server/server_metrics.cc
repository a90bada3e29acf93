#include "feast/server/server_metrics.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

namespace feast {
namespace {

using std::chrono::steady_clock;

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double MemoryPercent() {
  int64_t ignored = 0;
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> ignored >> pages;
  struct sysinfo system {};
  if (sysinfo(&system) != 0 || system.totalram == 0) return 0;
  const double total = static_cast<double>(system.totalram) * system.mem_unit;
  return 100.0 * static_cast<double>(pages * sysconf(_SC_PAGESIZE)) / total;
}

/// The transport's place in arrays, and its label.
size_t PlaceOf(Transport transport) { return static_cast<size_t>(transport); }
constexpr std::array<const char*, 2> kTransports = {"http", "grpc"};

}  // namespace

std::string BinFeatureCount(size_t count, const std::vector<int64_t>& bounds) {
  if (count == 0) return "0";
  int64_t lower = 1;
  for (const int64_t upper : bounds) {
    if (static_cast<int64_t>(count) <= upper) {
      return std::to_string(lower) + "-" + std::to_string(upper);
    }
    lower = upper + 1;
  }
  return std::to_string(lower) + "+";
}

ServerMetrics::ServerMetrics(ServerMetricsSettings settings, Registry& registry,
                             std::string project, const Clock& clock,
                             std::function<OnlineCacheStats()> cache_stats,
                             std::function<FeatureLogCounts()> log_counts)
    : settings_(std::move(settings)),
      registry_(registry),
      project_(std::move(project)),
      clock_(clock),
      cache_stats_(std::move(cache_stats)),
      log_counts_(std::move(log_counts)),
      cpu_seconds_(CpuSeconds()),
      scraped_(steady_clock::now()) {
  if (!settings_.online_features) return;
  reads_ = &metrics_.GetCounter("feast_online_features_request_total",
                                "Requests for online features.", {});
  entity_rows_ =
      &metrics_.GetHistogram("feast_online_features_entity_count", "Entity rows of a request.", {},
                             {1, 5, 10, 25, 50, 100, 250, 500, 1000});
  feature_count_ =
      &metrics_.GetHistogram("feast_online_features_feature_count", "Features of a request.", {},
                             {1, 5, 10, 25, 50, 100, 250, 500, 1000});
  store_seconds_ = &metrics_.GetHistogram(
      "feast_feature_server_online_store_read_duration_seconds",
      "Time that the online store took for a request, all tables.", {},
      {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10});
}

template <typename Use>
auto ServerMetrics::WithSeen(const Use& use) {
  if (EventLoop* const loop = EventLoop::Current()) {
    std::shared_ptr<void>& kept = loop->Kept(seen_key_);
    if (!kept) kept = std::make_shared<SeenRequests>();
    return use(*static_cast<SeenRequests*>(kept.get()));
  }
  const std::lock_guard lock(seen_mutex_);
  return use(seen_);
}

EndpointCounts ServerMetrics::CountsOf(std::string_view endpoint, const std::string& features,
                                       const std::string& views) {
  if (!settings_.request) return {};
  const std::string name(endpoint);
  const auto answers = [&](const char* status) {
    return &metrics_.GetCounter("feast_feature_server_request_total", "Requests answered.",
                                {{"endpoint", name}, {"status", status}});
  };
  Histogram& seconds = metrics_.GetHistogram(
      "feast_feature_server_request_latency_seconds", "Time from request to answer.",
      {{"endpoint", name}, {"feature_count", features}, {"feature_view_count", views}},
      {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10});
  return {answers("success"), answers("error"), &seconds};
}

void ServerMetrics::Began(Transport transport) { begun_[PlaceOf(transport)].Add(); }
void ServerMetrics::Ended(Transport transport) { ended_[PlaceOf(transport)].Add(); }

void ServerMetrics::Responded(int http_status) {
  if (!settings_.request) return;
  WithSeen([&](SeenRequests& seen) {
    Counter*& counter = seen.responses.at(static_cast<size_t>(http_status));
    if (counter == nullptr) {
      counter = &metrics_.GetCounter("feast_feature_server_http_responses_total",
                                     "Answers over HTTP by status.",
                                     {{"code", std::to_string(http_status)}});
    }
    counter->Add();
  });
}

void ServerMetrics::Answered(std::string_view endpoint, bool success, double seconds) {
  WithSeen([&](SeenRequests& seen) {
    auto found = seen.endpoints.find(endpoint);
    if (found == seen.endpoints.end()) {
      found = seen.endpoints.emplace(endpoint, CountsOf(endpoint, "", "")).first;
    }
    found->second.Add(success, seconds);
  });
}

std::shared_ptr<const ReadShape> ServerMetrics::ShapeOf(std::string_view endpoint,
                                                        const OnlineRequest& request) {
  uint64_t generation = 0;  // what references mean does not depend on it
  if (!request.feature_service.empty()) {
    if (const auto snapshot = registry_.Cached(); snapshot.ok()) {
      generation = (*snapshot)->generation();
    }
  }
  const auto make = [&] {
    auto shape = std::make_shared<ReadShape>(feast::ShapeOf(request, registry_, project_));
    shape->counts =
        CountsOf(endpoint, BinFeatureCount(shape->columns.size(), settings_.feature_count_bins),
                 std::to_string(shape->views));
    for (ReadShape::Column& column : shape->columns) {
      if (!settings_.online_features) continue;
      const auto values = [&](const char* status) {
        return &metrics_.GetCounter("feast_online_features_status_total",
                                    "Feature values by view and status.",
                                    {{"feature_view", column.view}, {"status", status}});
      };
      column.present = values("present");
      column.not_found = values("not_found");
    }
    return shape;
  };
  return WithSeen(
      [&](SeenRequests& seen) { return seen.Shape(endpoint, request, generation, make); });
}

void ServerMetrics::Read(const ReadShape& shape, size_t rows, const OnlineResponse& response) {
  if (!settings_.online_features) return;
  reads_->Add();
  entity_rows_->Observe(static_cast<double>(rows));
  feature_count_->Observe(static_cast<double>(shape.columns.size()));
  if (response.store_seconds) store_seconds_->Observe(*response.store_seconds);
  for (const TransformTime& time : response.transform_times) {
    ObserveTransform("feast_feature_server_transformation_duration_seconds", time);
  }
  // Features are answered in the order in which they were asked for.
  auto next = response.columns.begin();
  for (const ReadShape::Column& column : shape.columns) {
    auto found = std::find_if(next, response.columns.end(),
                              [&](const OnlineColumn& one) { return one.name == column.name; });
    if (found == response.columns.end()) {
      found = std::ranges::find(response.columns, column.name, &OnlineColumn::name);
      if (found == response.columns.end()) continue;
    }
    next = found + 1;
    const auto missing =
        static_cast<uint64_t>(std::ranges::count(found->statuses, FieldStatus::kNotFound));
    if (missing > 0) column.not_found->Add(missing);
    if (found->statuses.size() > missing) column.present->Add(found->statuses.size() - missing);
  }
}

void ServerMetrics::WriteTransformed(const TransformTime& time) {
  if (!settings_.online_features) return;
  ObserveTransform("feast_feature_server_write_transformation_duration_seconds", time);
}

void ServerMetrics::ObserveTransform(const std::string& metric, const TransformTime& time) {
  metrics_
      .GetHistogram(metric, "Time that an on-demand view took, if it is tracked.",
                    {{"odfv_name", time.view}, {"mode", time.mode}},
                    {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5})
      .Observe(time.seconds);
}

void ServerMetrics::Pushed(const std::string& source, std::string_view mode) {
  if (!settings_.push) return;
  metrics_
      .GetCounter("feast_push_request_total", "Pushes taken.",
                  {{"push_source", source}, {"mode", std::string(mode)}})
      .Add();
}

void ServerMetrics::Materialized(const std::string& view, bool success, double seconds,
                                 int64_t rows) {
  if (settings_.offline_features) Retrieved(success, seconds, rows);
  if (!settings_.materialization) return;
  metrics_
      .GetCounter("feast_materialization_result_total", "Materializations of a view.",
                  {{"feature_view", view}, {"status", success ? "success" : "failure"}})
      .Add();
  metrics_
      .GetHistogram("feast_materialization_duration_seconds", "Time to materialize a view.",
                    {{"feature_view", view}}, {1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600})
      .Observe(seconds);
}

void ServerMetrics::Retrieved(bool success, double seconds, int64_t rows) {
  const MetricLabels method = {{"method", "to_arrow"}};  // upstream's name of every retrieval
  metrics_
      .GetCounter("feast_offline_store_request_total", "Retrievals from the offline store.",
                  {method[0], {"status", success ? "success" : "error"}})
      .Add();
  metrics_
      .GetHistogram("feast_offline_store_request_latency_seconds",
                    "Time of a retrieval from the offline store.", method,
                    {.1, .5, 1, 5, 10, 30, 60, 120, 300, 600})
      .Observe(seconds);
  metrics_
      .GetHistogram("feast_offline_store_row_count", "Rows of a retrieval from the offline store.",
                    method, {100, 1e3, 1e4, 1e5, 5e5, 1e6, 5e6})
      .Observe(static_cast<double>(rows));
}

MaterializeProgress ServerMetrics::WatchMaterialization() {
  /// The views that are being written. The last owner ends with the run.
  struct Current {
    explicit Current(ServerMetrics& m) : metrics(m) {}
    ~Current() {
      for (const auto& [view, began] : views) {
        metrics.Materialized(view, false, SecondsSince(began), 0);
      }
    }
    ServerMetrics& metrics;
    std::map<std::string, steady_clock::time_point> views;
  };
  const auto current = std::make_shared<Current>(*this);
  MaterializeProgress progress;
  progress.view_started = [current](const std::string& view, Micros, Micros) {
    current->views[view] = steady_clock::now();
  };
  progress.view_done = [current](const std::string& view, int64_t rows) {
    const auto ended = current->views.extract(view);
    if (ended) current->metrics.Materialized(view, true, SecondsSince(ended.mapped()), rows);
  };
  return progress;
}

std::string ServerMetrics::Expose() {
  if (settings_.resource) {
    SetProcessGauges();
    SetRegistry();
  }
  if (settings_.request) SetInFlight();
  if (settings_.freshness) SetFreshness();
  if (settings_.online_features && cache_stats_) SetCache();
  if (settings_.online_features && log_counts_) SetFeatureLog();
  return metrics_.Expose();
}

void ServerMetrics::SetTotal(const std::string& name, const std::string& help,
                             const MetricLabels& labels, uint64_t total) {
  Counter& counter = metrics_.GetCounter(name, help, labels);
  const std::lock_guard lock(mutex_);
  const uint64_t shown = counter.Value();
  if (total > shown) counter.Add(total - shown);
}

void ServerMetrics::SetCache() {
  const OnlineCacheStats now = cache_stats_();
  const std::string rows = "feast_feature_server_online_cache_rows_total";
  const std::string help = "Rows asked of the online cache, by where they came from.";
  SetTotal(rows, help, {{"result", "hit"}}, now.hits);
  SetTotal(rows, help, {{"result", "miss"}}, now.misses);
  SetTotal(rows, help, {{"result", "shared"}}, now.shared);
  SetTotal("feast_feature_server_online_cache_evictions_total", "Rows that made room for others.",
           {}, now.evictions);
  metrics_.SetGauge("feast_feature_server_online_cache_bytes", "Memory of cached rows.", {},
                    static_cast<double>(now.bytes));
  metrics_.SetGauge("feast_feature_server_online_cache_entries", "Cached rows.", {},
                    static_cast<double>(now.entries));
}

void ServerMetrics::SetFeatureLog() {
  const FeatureLogCounts now = log_counts_();
  const std::string rows = "feast_feature_server_feature_log_rows_total";
  const std::string help = "Rows of answers that were to be logged, by what became of them.";
  SetTotal(rows, help, {{"result", "written"}}, now.written);
  SetTotal(rows, help, {{"result", "dropped"}}, now.dropped);
  SetTotal(rows, help, {{"result", "failed"}}, now.failed);
  SetTotal("feast_feature_server_feature_log_failed_writes_total",
           "Writes of logged rows that failed; the rows are tried again while there is room.", {},
           now.failed_writes);
  metrics_.SetGauge("feast_feature_server_feature_log_waiting_rows",
                    "Logged rows that are not written yet.", {}, static_cast<double>(now.waiting));
}

void ServerMetrics::SetInFlight() {
  for (size_t place = 0; place < kTransports.size(); ++place) {
    const uint64_t ended = ended_[place].Value();  // first: not more than have begun
    metrics_.SetGauge("feast_feature_server_requests_in_flight", "Requests not answered yet.",
                      {{"transport", kTransports[place]}},
                      static_cast<double>(begun_[place].Value() - ended));
  }
}

void ServerMetrics::SetRegistry() {
  const auto snapshot = registry_.Cached();
  if (!snapshot.ok()) return;
  metrics_.SetGauge("feast_feature_server_registry_generation",
                    "Number of the registry generation in use; grows with each that is read.", {},
                    static_cast<double>((*snapshot)->generation()));
  if (!(*snapshot)->proto().has_last_updated()) return;
  const auto& updated = (*snapshot)->proto().last_updated();
  const double at = static_cast<double>(updated.seconds()) + updated.nanos() / 1e9;
  metrics_.SetGauge("feast_feature_server_registry_age_seconds",
                    "Time since the registry generation in use was written.", {},
                    static_cast<double>(clock_.Now()) / 1e6 - at);
}

void ServerMetrics::SetProcessGauges() {
  const std::lock_guard lock(mutex_);
  const double cpu = CpuSeconds();
  const double passed = std::max(SecondsSince(scraped_), 1e-3);
  metrics_.SetGauge("feast_feature_server_cpu_usage",
                    "CPU usage of this process since the last scrape, in percent of a core.", {},
                    100.0 * (cpu - cpu_seconds_) / passed);
  cpu_seconds_ = cpu;
  scraped_ = steady_clock::now();
  metrics_.SetGauge("feast_feature_server_memory_usage",
                    "Resident memory of this process, in percent of the machine's.", {},
                    MemoryPercent());
}

void ServerMetrics::SetFreshness() {
  const auto snapshot = registry_.Cached();
  if (!snapshot.ok()) return;
  const auto set = [this](const auto& views) {
    for (const auto& view : views) {
      const auto& intervals = view.meta().materialization_intervals();
      if (view.spec().project() != project_ || intervals.empty()) continue;
      double newest = 0;
      for (const auto& interval : intervals) {
        newest = std::max(newest, static_cast<double>(interval.end_time().seconds()) +
                                      static_cast<double>(interval.end_time().nanos()) / 1e9);
      }
      metrics_.SetGauge("feast_feature_freshness_seconds",
                        "Time since the end of the newest materialization interval.",
                        {{"feature_view", view.spec().name()}, {"project", project_}},
                        static_cast<double>(clock_.Now()) / 1e6 - newest);
    }
  };
  set((*snapshot)->proto().feature_views());
  set((*snapshot)->proto().stream_feature_views());
}

}  // namespace feast
