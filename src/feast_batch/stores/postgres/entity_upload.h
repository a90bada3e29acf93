#pragma once
#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feast/offline/offline_store.h"
#include "feast_batch/stores/postgres/column_types.h"
#include "feast_batch/stores/postgres/postgres_source.h"

namespace feast {

/// How one join key of a view is compared: `source` of `s` with `entity` of `e`.
struct KeyMatch {
  std::string source;
  std::string entity;
};

/// The entity rows as the server needs them: their numbers, asking times, for each ttl the oldest
/// time that counts, and join keys in types that the sources' columns can be compared with.
///
/// A value that cannot equal any of the column (a fraction against integers, a text that is no
/// uuid, NaN) travels as null, which matches nothing. Thread-compatible.
class EntityUpload {
 public:
  /// InvalidArgument unless there is a time column of that name.
  static Result<EntityUpload> Make(std::shared_ptr<arrow::Table> entities,
                                   const std::string& time_column);

  /// InvalidArgument, naming key and view, if the entity rows lack a column or have it in a type
  /// of another kind than the source.
  Result<std::vector<KeyMatch>> AddKeys(const HistoricalView& view, const SourceTable& source);
  /// The column of the oldest times for that ttl: "e.s0".
  Result<std::string> AddTtl(Micros ttl);

  /// The latest asking time, none if there is no time at all; the oldest that counts under a ttl.
  std::optional<Micros> latest() const { return latest_; }
  Micros OldestFor(Micros ttl) const;

  /// The columns of `feast_entities`, as SQL defines them.
  std::string Definition() const;
  /// Creates `feast_entities` and fills it.
  Status Send(PostgresSession& session) const;

 private:
  struct Column {
    std::string name;
    std::shared_ptr<arrow::ChunkedArray> values;
    SendingType type;
    std::string sql_type;
  };
  std::string Add(std::string name, std::shared_ptr<arrow::ChunkedArray> values, PostgresForm form,
                  const std::string& sql_type);

  std::shared_ptr<arrow::Table> entities_;
  std::vector<int64_t> floor_, ceiling_;  // asking times in microseconds, kNoTime: none
  std::optional<Micros> earliest_, latest_;
  std::vector<Column> columns_;
  std::map<std::pair<std::string, std::string>, std::string> keys_;  // (column, type) → name
  std::map<Micros, std::string> ttls_;
};

}  // namespace feast
