#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feast/base/call_context.h"
#include "feast/base/clock.h"
#include "feast/base/result.h"
#include "feast/base/shared_list.h"
#include "feast/types/encoded_column.h"
#include "feast/types/value_type.h"

namespace feast {

/// One feature as the store keeps it.
struct OnlineFeature {
  std::string name;
  ValueType type = ValueType::kInvalid;
};

/// What a store keeps for one feature view at one version: the unit of creating, writing, reading
/// and dropping. Immutable once shared.
struct OnlineTable {
  std::string project;
  std::string view;  ///< the view's own name, never an alias
  int version = 0;   ///< > 0 adds the suffix `_v<N>` (storage.md §1.6)
  std::vector<std::string> join_keys;
  std::vector<OnlineFeature> features;

  /// `<view>` or `<view>_v<N>`.
  std::string VersionedView() const;
  /// `<project>_<view>[_v<N>]`: the table's name in SQL stores.
  std::string Name() const;
};

/// Rows to write into one table, as columns. All columns have as many rows as `keys`.
struct WriteBatch {
  std::shared_ptr<const OnlineTable> table;
  EncodedColumn keys;  ///< serialized entity keys (codec/entity_key.h)
  std::vector<Micros> event_times;
  std::vector<std::optional<Micros>> created_times;
  std::vector<EncodedColumn> features;

  size_t rows() const { return keys.ends.size(); }
};

/// What to read from one table: `features` for each of `keys`, in order, keys distinct. Reads that
/// look for the same entities share their list of keys.
struct TableRead {
  std::shared_ptr<const OnlineTable> table;
  SharedList<std::string> features;
  SharedList<std::string> keys;  ///< serialized entity keys
};

/// The answer to one TableRead. Views point into `owner`, which lives as long as this object.
struct TableRows {
  struct Cell {
    std::string_view value;  ///< Value bytes; empty and found: a stored null
    bool found = false;
  };
  std::vector<Cell> cells;                         ///< keys × features, row-major
  std::vector<std::optional<Micros>> event_times;  ///< a key each; empty: no row for that key
  std::shared_ptr<const void> owner;
};

/// What `apply` and `teardown` ask of a store.
struct InfrastructureChange {
  std::vector<std::shared_ptr<const OnlineTable>> keep;  ///< to exist afterwards
  std::vector<std::shared_ptr<const OnlineTable>> drop;  ///< to be gone afterwards, all versions
};

using ReadDone = std::function<void(Result<std::vector<TableRows>>)>;
using WriteDone = std::function<void(Status)>;

/// An optional power of a store: to name every key of a table. Thread-safe.
class KeyScanner {
 public:
  using KeysFound = std::function<Status(const std::vector<std::string>& keys)>;
  virtual ~KeyScanner() = default;
  /// Hands out the serialized entity keys of all rows, in batches of about a thousand, until
  /// `found` fails. Blocking. Keys that are written meanwhile may be missed, and a key may come
  /// twice.
  virtual Status ScanKeys(const CallContext& context, const OnlineTable& table,
                          const KeysFound& found) = 0;
};

/// Where feature values are kept for serving.
///
/// Thread-safe. Asynchronous: `done` is called exactly once, on a thread of the store's choice,
/// perhaps before the call returns. A store keeps of two rows of a key the one with the later event
/// time, compared at the store's own precision inside the write; equal times: see the backend's
/// README. Every backend passes conformance.h.
class OnlineStore {
 public:
  virtual ~OnlineStore() = default;

  /// The word of `type:` in feature_store.yaml.
  virtual std::string_view type() const = 0;

  /// Answers all reads, in order, in one round trip where the store can. A missing table is
  /// FailedPrecondition naming it; a missing key or feature is data (`found` false).
  virtual void Read(const CallContext& context, std::vector<TableRead> reads, ReadDone done) = 0;

  /// Writes all rows of the batch. After an error some may be written: to write the batch again is
  /// right, since a row never replaces a later one. Rows of one key may repeat.
  virtual void Write(const CallContext& context, std::shared_ptr<const WriteBatch> batch,
                     WriteDone done) = 0;

  /// Creates and drops tables. Blocking; idempotent.
  virtual Status UpdateInfrastructure(const CallContext& context,
                                      const InfrastructureChange& change) = 0;

  /// Removes everything that belongs to these tables (SQLite: the whole file, as upstream).
  /// Blocking.
  virtual Status Teardown(const CallContext& context,
                          std::span<const std::shared_ptr<const OnlineTable>> tables) = 0;

  /// The store itself, for those who must not read what another process has replaced since.
  virtual OnlineStore& uncached() { return *this; }
  /// What the store can do beyond this interface; null when it cannot.
  virtual KeyScanner* key_scanner() { return nullptr; }

  /// Blocking forms, for batch work and tests.
  Result<std::vector<TableRows>> ReadAndWait(const CallContext& context,
                                             std::vector<TableRead> reads);
  Status WriteAndWait(const CallContext& context, std::shared_ptr<const WriteBatch> batch);
};

}  // namespace feast
