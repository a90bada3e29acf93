#include "feast_batch/stores/conformance/random_cases.h"

#include <arrow/table.h>

#include <array>
#include <cstdio>
#include <tuple>

namespace feast::offline_conformance {
namespace {

std::optional<std::string> Hours(std::optional<Micros> time) {
  if (!time) return std::nullopt;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.12g", static_cast<double>(*time) / kHour);
  return text.data();
}

std::vector<Named> Columns(const std::vector<RandomCases::Row>& rows, int per_case) {
  Cells cases, keys, times, created, numbers;
  for (size_t i = 0; i < rows.size(); ++i) {
    cases.push_back(std::to_string(i / per_case));
    keys.push_back(rows[i].key ? std::optional(std::to_string(*rows[i].key)) : std::nullopt);
    times.push_back(Hours(rows[i].time));
    created.push_back(Hours(rows[i].created));
    numbers.push_back(std::to_string(i));
  }
  return {{"case", kInt, cases},
          {"driver_id", kInt, keys},
          {"event_timestamp", kUtc, times},
          {"created", kNaive, created},
          {"f", kInt, numbers}};
}

}  // namespace

RandomCases::RandomCases(uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % n); };
  const auto maybe = [&](int value) { return below(10) > 0 ? std::optional(value) : std::nullopt; };
  for (int i = 0; i < kCases * kRows; ++i) {
    Row row{maybe(below(3)), below(7) * kHour, std::nullopt};
    if (below(8) > 0) row.created = below(9) * kHour;
    rows.push_back(row);
  }
  for (int i = 0; i < kCases * kAsked; ++i) {
    asked.push_back({maybe(below(4)), below(9) * kHour + below(3) - 1, std::nullopt});
  }
}

std::optional<int> RandomCases::Winner(int at, Micros ttl, bool created, bool filter) const {
  const Row& ask = asked[at];
  const int first = at / kAsked * kRows;
  std::optional<int> best;
  const auto rank = [&](int i) {
    return std::tuple(rows[i].time, created ? rows[i].created.value_or(-1) : 0, i);
  };
  for (int i = first; i < first + kRows; ++i) {
    const Row& row = rows[i];
    if (!row.key || row.key != ask.key || row.time > ask.time) continue;
    if (ttl > 0 && row.time < ask.time - ttl) continue;
    if (created && filter && (!row.created || *row.created > ask.time)) continue;
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best;
}

std::vector<Named> RandomCases::Source() const { return Columns(rows, kRows); }

std::vector<Named> RandomCases::Entities() const {
  auto columns = Columns(asked, kAsked);
  columns.resize(3);
  return columns;
}

void ExpectTheRule(const RandomCases& cases, HistoricalView view, const std::string& route,
                   const std::function<Result<OwnedStream>(const HistoricalPlan&)>& ask) {
  view.read.join_keys = view.entity_columns = {"case", "driver_id"};
  for (const Micros ttl : {Micros{0}, kHour, 3 * kHour}) {
    for (const bool created : {true, false}) {
      for (const bool filter : {false, true}) {
        Cells expected;
        for (int at = 0; at < RandomCases::kCases * RandomCases::kAsked; ++at) {
          const auto winner = cases.Winner(at, ttl, created, filter);
          expected.push_back(winner ? std::optional(std::to_string(*winner)) : std::nullopt);
        }
        HistoricalPlan plan;
        plan.entity_timestamp = "event_timestamp";
        plan.filter_by_created_timestamp = filter;
        plan.views = {view};
        plan.views[0].ttl = ttl;
        plan.views[0].read.created_column = created ? "created" : "";
        const auto out = TableOf(ask(plan));
        ASSERT_TRUE(out.ok()) << route << ": " << out.status().ToString();
        EXPECT_EQ(CellsOf(**out, "f"), expected)
            << route << ", ttl " << ttl << ", created " << created << ", filter " << filter;
      }
    }
  }
}

}  // namespace feast::offline_conformance
