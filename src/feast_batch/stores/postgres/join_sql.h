#pragma once
#include <optional>
#include <string>
#include <vector>

#include "feast/offline/offline_store.h"
#include "feast_batch/stores/postgres/entity_upload.h"
#include "feast_batch/stores/postgres/postgres_source.h"

namespace feast {

/// One view of a training join as SQL: for each row of `feast_entities` (as `e`, with its asking
/// time `at`) the newest row of the source (as `s`) that counts.
///
/// Either the source is probed where it is, or its rows that may count are first copied into a
/// temporary table with the index that probing wants. Both give the same rows: the greatest (event
/// time, created time with null lowest, place). Immutable.
struct ViewJoin {
  size_t number = 0;  ///< among the views: names of the temporary table and its columns
  const HistoricalView* view = nullptr;
  const SourceTable* source = nullptr;
  std::vector<KeyMatch> keys;
  std::string oldest;  ///< expression of `e`: the oldest time that counts; empty: all do
  /// What times can count at all.
  std::optional<Micros> from;
  std::optional<Micros> to;
  bool filter_by_created = false;
  bool copied = false;
  /// Part of a statement for others: tables are those of its WITH, times instants in any session.
  bool standalone = false;

  bool filters_created() const { return filter_by_created && !view->read.created_column.empty(); }

  /// The table of the copy.
  std::string Copy() const;
  /// A time column of `s`.
  std::string TimeOf(const std::string& column) const;
  /// A query of the rows that may count, with what the probe needs of them.
  std::string Candidates() const;
  /// Statements that make the temporary table from them.
  std::vector<std::string> CopyStatements() const;
  /// "LEFT JOIN LATERAL (…) v0 ON true".
  std::string Probe() const;
  /// The names of its features behind Probe: v0.f0 …
  std::string Features() const;
};

/// The features of all views for each entity row, in the order of their numbers. `leading` are
/// columns of `e` before them.
std::string JoinSql(const std::vector<ViewJoin>& views, const std::vector<std::string>& leading);

}  // namespace feast
