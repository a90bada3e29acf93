#include "feast/serving_log/feature_logger.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "feast/base/uuid.h"

namespace feast {
namespace {

constexpr std::chrono::milliseconds kCollectEvery{100};

// Numbers that look random: consecutive counts are far from each other.
uint64_t Scattered(uint64_t count) {
  uint64_t x = count + 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::string IdOf(uint64_t count, Micros time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%016llx-%llx",
                static_cast<unsigned long long>(Scattered(static_cast<uint64_t>(time))),
                static_cast<unsigned long long>(count));
  return text.data();
}

size_t RowsOf(const OnlineResponse& response) {
  return response.columns.empty() ? 0 : response.columns.front().values.size();
}

}  // namespace

FeatureLogger::FeatureLogger(Registry& registry, FeatureLogOptions options, LogWriter writer,
                             const Clock& clock)
    : registry_(registry),
      options_(std::move(options)),
      writer_(std::move(writer)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

FeatureLogger::~FeatureLogger() {
  thread_.request_stop();
  changed_.notify_all();
  thread_.join();
}

bool FeatureLogger::Sampled(double rate) {
  if (rate >= 1) return true;
  constexpr double kSteps = 1ULL << 53;
  const uint64_t draw = Scattered(asked_.fetch_add(1, std::memory_order_relaxed)) >> 11;
  return static_cast<double>(draw) < rate * kSteps;
}

OnlineDone FeatureLogger::Watch(const CallContext& context, const OnlineRequest& request,
                                OnlineDone done) {
  if (request.feature_service.empty()) return done;
  const auto snapshot = registry_.Cached();
  if (!snapshot.ok()) return done;
  const auto service =
      (*snapshot)->GetFeatureService(options_.resolve.project, request.feature_service);
  if (!service.ok() || !(*service)->spec().has_logging_config()) return done;
  const auto& logging = (*service)->spec().logging_config();
  if (logging.destination_case() == core::LoggingConfig::DESTINATION_NOT_SET ||
      !Sampled(static_cast<double>(logging.sample_rate()))) {
    return done;
  }
  Served served{*snapshot, *service, {}};
  served.answer.full_feature_names = request.full_feature_names;
  served.answer.request_id = context.trace_id();
  for (const auto& view : (*service)->spec().features()) {
    // Request data is not part of the answer.
    if (!(*snapshot)
             ->GetOnDemandFeatureView(options_.resolve.project, view.feature_view_name())
             .ok()) {
      continue;
    }
    served.answer.request_data = request.entities;
    break;
  }
  return [this, served = std::move(served),
          done = std::move(done)](Result<OnlineResponse> answer) mutable {
    if (answer.ok()) {
      served.answer.response.columns = answer->columns;
      served.answer.response.owners = answer->owners;
      served.answer.time = clock_.Now();
    }
    const bool log = answer.ok();
    done(std::move(answer));
    if (log) Add(std::move(served));
  };
}

void FeatureLogger::Add(Served served) {
  const size_t rows = RowsOf(served.answer.response);
  if (rows == 0) return;
  const size_t before = waiting_rows_.fetch_add(rows, std::memory_order_relaxed);
  if (before + rows > options_.max_rows) {
    waiting_rows_.fetch_sub(rows, std::memory_order_relaxed);
    dropped_.fetch_add(rows, std::memory_order_relaxed);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(served));
  }
  // The writer looks by itself; waking it for each answer would cost more than the log.
  const size_t hurry = options_.max_rows / 4;
  if (before < hurry && before + rows >= hurry) changed_.notify_all();
}

void FeatureLogger::Flush() {
  std::unique_lock lock(mutex_);
  const uint64_t mine = ++flushes_asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return flushes_done_ >= mine; });
}

void FeatureLogger::Work(const std::stop_token& stop) {
  due_ = std::chrono::steady_clock::now() + options_.flush_interval;
  while (true) {
    std::deque<Served> taken;
    uint64_t flush;
    {
      std::unique_lock lock(mutex_);
      const auto next = std::min(due_, std::chrono::steady_clock::now() + kCollectEvery);
      changed_.wait_until(lock, stop, next, [this] {
        return flushes_asked_ > flushes_done_ || waiting_rows_ > options_.max_rows / 4;
      });
      taken.swap(queue_);
      flush = flushes_asked_;
    }
    for (const Served& served : taken) Collect(served);
    const bool last = stop.stop_requested();
    const auto now = std::chrono::steady_clock::now();
    if (last || flush > flushes_done_ || now >= due_ || waiting_rows_ > options_.max_rows / 2) {
      WriteAll(last);
      due_ = now + options_.flush_interval;
    }
    {
      const std::lock_guard lock(mutex_);
      flushes_done_ = flush;
      if (last && queue_.empty()) return;
    }
    changed_.notify_all();
  }
}

void FeatureLogger::Collect(const Served& served) {
  const size_t rows = RowsOf(served.answer.response);
  const auto key = std::pair(served.registry->generation(), served.service->spec().name());
  auto found = waiting_.find(key);
  if (found == waiting_.end()) {
    auto columns = LogColumnsOf(*served.registry, options_.resolve, *served.service);
    if (!columns.ok()) return Lose(rows, columns.status().message());
    found = waiting_
                .emplace(key, Waiting{served.registry, served.service, LogRows(*std::move(columns)),
                                      RandomUuid()})
                .first;
  }
  Status added;
  if (served.answer.request_id.empty()) {
    ServedAnswer named = served.answer;
    named.request_id = IdOf(asked_.fetch_add(1, std::memory_order_relaxed), named.time);
    added = found->second.rows.Add(named);
  } else {
    added = found->second.rows.Add(served.answer);
  }
  if (!added.ok()) Lose(rows, added.message());
}

void FeatureLogger::WriteAll(bool last) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Waiting& waiting = at->second;
    const size_t rows = waiting.rows.rows();
    if (rows > 0) {
      auto stream = waiting.rows.Stream();
      Status status = stream.status();
      if (stream.ok()) {
        status = writer_(CallContext(), waiting.service->spec().logging_config(), waiting.batch,
                         *std::move(stream));
      }
      if (!status.ok()) failed_writes_.fetch_add(1, std::memory_order_relaxed);
      // What cannot be written now may be later, as long as there is room for the rows.
      const bool keep = !status.ok() && !last && waiting_rows_ < options_.max_rows / 2;
      if (keep) {
        if (options_.report) options_.report("feature log: kept for later: " + status.message());
        ++at;
        continue;
      }
      if (status.ok()) {
        written_.fetch_add(rows, std::memory_order_relaxed);
        waiting_rows_.fetch_sub(rows, std::memory_order_relaxed);
      } else {
        Lose(rows, status.message());
      }
    }
    at = waiting_.erase(at);
  }
}

void FeatureLogger::Lose(size_t rows, const std::string& why) {
  failed_.fetch_add(rows, std::memory_order_relaxed);
  waiting_rows_.fetch_sub(rows, std::memory_order_relaxed);
  if (options_.report) {
    options_.report("feature log: lost " + std::to_string(rows) + " rows: " + why);
  }
}

}  // namespace feast
