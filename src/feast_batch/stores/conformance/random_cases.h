#pragma once
/// Many random histories at once, for comparing routes of the training join with its rule.
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "feast_batch/stores/conformance/offline_store_conformance.h"

namespace feast::offline_conformance {

/// Small random histories side by side in one source, told apart by the key `case`: ties of event
/// and created time, null keys and times, rows at the very edges. Immutable.
struct RandomCases {
  struct Row {
    std::optional<int> key;
    Micros time;
    std::optional<Micros> created;
  };
  static constexpr int kCases = 3000, kRows = 9, kAsked = 6;

  explicit RandomCases(uint32_t seed);

  /// The number of the row that wins for an asked one, by the rule (storage.md §5.2) spelled out.
  std::optional<int> Winner(int at, Micros ttl, bool created, bool filter) const;
  /// The source: case, driver_id, event_timestamp, created and f, the number of the row.
  std::vector<Named> Source() const;
  /// The entity rows.
  std::vector<Named> Entities() const;

  std::vector<Row> rows;
  std::vector<Row> asked;
};

/// Asks for every combination of ttl, created column and filter, and compares `f` with the rule.
/// `view` reads the source by its keys `case` and `driver_id`, without a created column.
void ExpectTheRule(const RandomCases& cases, HistoricalView view, const std::string& route,
                   const std::function<Result<OwnedStream>(const HistoricalPlan&)>& ask);

}  // namespace feast::offline_conformance
