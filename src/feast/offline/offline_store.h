#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/core/DataSource.pb.h"
#include "feast/core/FeatureService.pb.h"
#include "feast/core/SavedDataset.pb.h"
#include "feast/offline/explanation.h"
#include "feast/types/arrow_c.h"
#include "feast/types/value_type.h"

namespace feast {

/// One column of a source as schema inference sees it.
struct SourceColumn {
  std::string name;
  ValueType type = ValueType::kInvalid;  ///< kInvalid: an Arrow type that maps to no value type
  std::string arrow_type;                ///< Arrow's own spelling, for messages
  bool is_timestamp = false;
};

/// How to read a source: names are *source* column names (field mapping already undone).
struct SourceRead {
  core::DataSource source;
  std::string timestamp_column;
  std::string created_column;  ///< empty: none
  std::vector<std::string> join_keys;
  std::vector<std::string> features;
};

/// One feature view of a training join.
struct HistoricalView {
  SourceRead read;
  std::vector<std::string> entity_columns;  ///< entity-frame column of each join key, same order
  std::vector<std::string> output_names;    ///< output column of each feature, same order
  std::vector<ValueType> output_types;      ///< declared types, same order
  Micros ttl = 0;                           ///< 0: no lower bound
  std::string view;                         ///< for messages and progress
};

/// A training join over entity rows: a plan that can be shipped (see compute/).
struct HistoricalPlan {
  std::vector<HistoricalView> views;
  std::string entity_timestamp;  ///< column of the entity rows; empty: entity-less range
  bool filter_by_created_timestamp = false;
  std::optional<Micros> start;  ///< entity-less range retrieval, both inclusive
  std::optional<Micros> end;
};

/// Key of a stream's schema metadata: the number of its rows.
inline constexpr std::string_view kExpectedRows = "feast.rows";

/// Rows of a source in [start, end], both inclusive and optional.
struct PullPlan {
  SourceRead read;
  std::optional<Micros> start;
  std::optional<Micros> end;
  bool latest_only = false;  ///< newest row per join keys: (event time, created) greatest
};

/// Where the entity rows of a training join come from, for its SQL.
struct EntityOrigin {
  std::string sql;                        ///< as for QueryEntityRows; empty: they are handed over
  std::vector<core::DataSource> sources;  ///< tables in it
  OwnedStream columns;                    ///< else: such rows, or none of them
};

/// Where history is kept: reads sources as Arrow streams and makes training joins.
///
/// Thread-safe. Streams are consumed by the callee when passed in; those handed out are released by
/// the caller, before the store, and may be read on any thread, one at a time.
class OfflineStore {
 public:
  virtual ~OfflineStore() = default;
  virtual std::string_view type() const = 0;

  virtual Result<std::vector<SourceColumn>> DescribeSource(const CallContext& context,
                                                           const core::DataSource& source) = 0;

  /// Entity rows (all columns kept, in order) with the features appended: see storage.md §5.2.
  virtual Result<OwnedStream> GetHistorical(const CallContext& context, const HistoricalPlan& plan,
                                            OwnedStream entity_rows) = 0;

  /// What GetHistorical would do with entity rows of which that much is known; reads metadata only.
  /// Here for stores that say no more than what the plan says.
  virtual Result<HistoricalExplanation> Explain(const CallContext& context,
                                                const HistoricalPlan& plan,
                                                const EntityFacts& entities);

  /// Entity rows that a query in the store's own SQL gives; each of `sources` is a table there,
  /// under its name. InvalidArgument, with upstream's text, where the store runs no SQL.
  virtual Result<OwnedStream> QueryEntityRows(const CallContext& context, const std::string& sql,
                                              const std::vector<core::DataSource>& sources);

  /// GetHistorical as SQL for other clients of the store. Over a query's rows it is one statement
  /// that gives the same rows; else the text says what table the entity rows are to be put in.
  /// Unimplemented where the store runs no SQL.
  virtual Result<std::string> HistoricalSql(const CallContext& context, const HistoricalPlan& plan,
                                            EntityOrigin entities);

  /// Where a store knows how many rows will come, the schema's metadata has it as kExpectedRows.
  virtual Result<OwnedStream> Pull(const CallContext& context, const PullPlan& plan) = 0;

  /// Appends rows to a source. The columns must be the source's (storage.md §8.2).
  virtual Status WriteRows(const CallContext& context, const core::DataSource& source,
                           OwnedStream rows) = 0;

  /// Appends rows of served features to the destination of a feature service's logs, which is made
  /// if it is not there. Rows of a `batch` (a name of its own; empty: one that has none) that was
  /// written before, wholly or in part, take the place of those. Unimplemented for a destination
  /// that the store does not write.
  virtual Status WriteLogs(const CallContext& context, const core::LoggingConfig& destination,
                           const std::string& batch, OwnedStream rows);

  /// Writes a result where a saved dataset is kept.
  virtual Status Persist(const CallContext& context, const core::SavedDatasetStorage& storage,
                         bool allow_overwrite, OwnedStream rows) = 0;
};

}  // namespace feast
